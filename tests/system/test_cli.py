"""The command line, on the REST API and the publish socket: output and exit codes.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import signal
import stat
import subprocess
import time

import pytest

from harness.process import binary, children_of
from harness.system import Up, run
from harness.tls import Identity
from harness.wait import wait_until


@pytest.fixture
def cli(system, project):
    env = system.client_environment(POSTRIDER_CLI_PROJECT=project.id)

    def call(*argv, stdin=None, code=0, **more):
        out = run(*argv, env={**env, **more}, stdin=stdin)
        assert out.returncode == code, (argv, out)
        return out
    call.env = env
    return call


def test_version_and_help(cli):
    assert cli("version").stdout.startswith("postrider ")
    assert "version" in json.loads(cli("version", "--json").stdout)
    for command in ("publish", "webhooks", "credentials", "deliveries", "replay", "tail", "inbox",
                    "keys", "bench", "up", "events", "export", "apply", "call", "exit", "profiles",
                    "paths"):
        assert command in cli("--help").stdout
        assert "usage" in cli(command, "--help").stdout.lower(), command


def test_wrong_usage(cli):
    cli(code=2)
    cli("no-such-command", code=2)
    cli("webhooks", "list", "--no-such-flag", code=2)
    cli("publish", "--no-such-flag", code=2)
    cli("deliveries", "get", code=2)
    cli("version", code=2, POSTRIDER_NO_SUCH="1")


def test_out_of_reach(cli):
    cli("webhooks", "list", code=3, POSTRIDER_CLI_CONSOLE_URL="http://127.0.0.1:9")
    cli("publish", "--event", "a", "--email", "b@c", "--timeout-ms", "500", code=3,
        POSTRIDER_CLI_PUBLISH_ENDPOINT="tcp://127.0.0.1:9")


def test_refused(cli):
    cli("webhooks", "list", code=1, POSTRIDER_ADMIN_KEY="wrong")
    cli("webhooks", "get", "wh_00000000000000000000000000", code=1)
    cli("publish", "--event", "a" * 200, "--email", "b@c", code=1)
    cli("publish", "--project", "nobody-at-all", "--event", "a", "--email", "b@c", code=1)


def test_health(cli, system, sink):
    admin = {"POSTRIDER_" + k: v for k, v in system.settings.items() if k.endswith("ADMIN_BIND")}
    services = ("ingest", "router", "tokens", "sender", "console")
    rows = json.loads(cli("health", "--json", **admin).stdout)
    assert {r["service"] for r in rows} == set(services)
    assert all(r["healthy"] and r["reason"] == "ok" for r in rows), rows
    for service in services:
        assert f"{service} " in cli("health", service, **admin).stdout
    # A wildcard is asked on loopback, a URL without a path at its /healthz.
    bind = admin["POSTRIDER_ROUTER_ADMIN_BIND"]
    wildcard = "0.0.0.0:" + bind.split(":")[1]
    cli("health", "router", POSTRIDER_ROUTER_ADMIN_BIND=wildcard)
    assert "ok" in cli("health", f"http://{bind}/").stdout
    cli("health", f"http://{bind}/metrics")

    # One that is not well is not hidden by the others.
    bad = sink.url("/status/503/health")
    assert "503" in cli("health", bad, code=1).stdout
    cli("health", sink.url("/stall"), "--timeout-ms", "200", code=3)
    dead = {**admin, "POSTRIDER_TOKENS_ADMIN_BIND": "127.0.0.1:9"}
    rows = json.loads(cli("health", "--json", code=3, **dead).stdout)
    assert [r["service"] for r in rows if not r["healthy"]] == ["tokens"]

    assert "no-such-service" in cli("health", "no-such-service", code=2).stderr
    assert "POSTRIDER_INGEST_ADMIN_BIND" in cli("health", "ingest", code=2,
                                                POSTRIDER_INGEST_ADMIN_BIND="").stderr
    cli("health", "ftp://127.0.0.1", code=2)


def test_publish_by_flags(cli, sink, project, path):
    project.webhook(sink.url(path))
    out = cli("publish", "--event", "emailOpen", "--email", "a@b", "--user", "u",
              "--data", '{"n": 1.50}', "--json")
    assert "evt_" in out.stdout
    request = wait_until(lambda: sink.requests(path), 10, "it arrives")[0]
    assert request.json["eventName"] == "emailOpen" and b"1.50" in request.body


def test_publish_lines(cli, sink, project, path, tmp_path):
    project.webhook(sink.url(path))
    lines = "".join(json.dumps(project.message()) + "\n" for _ in range(2500))
    out = cli("publish", stdin=lines)
    assert "\r" not in out.stdout + out.stderr, "no progress in a pipe"
    wait_until(lambda: len(sink.ok_ids(path)) == 2500, 20, "2,500 lines")
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(project.message()) + "\n")
    cli("publish", str(file))
    wait_until(lambda: len(sink.ok_ids(path)) == 2501, 10, "one more")
    cli("publish", stdin='{"eventName": \n', code=1)


def test_certificates_come_from_files(cli, project, tmp_path):
    one = Identity("one")
    files = {"cert": one.cert_pem, "key": one.key_pem, "ca": one.cert_pem, "bad": "no PEM"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    flags = [x for name in ("cert", "key", "ca") for x in ("--tls-" + name, str(tmp_path / name))]
    made = json.loads(cli("webhooks", "create", "--name", "tls", "--url", "https://example.com/",
                          "--signing-algorithm", "ed25519", *flags).stdout)
    assert made["tls"]["clientSubject"] == "CN=one" and made["tls"]["ca"] == one.cert_pem
    assert made["signing"]["algorithm"] == "ed25519"
    refused = cli("webhooks", "update", "tls", "--tls-key", str(tmp_path / "bad"), code=1)
    assert "tls.clientKey" in refused.stderr
    for path in (str(tmp_path / "none"), str(tmp_path), "/dev/zero"):
        assert "--tls-ca" in cli("webhooks", "update", "tls", "--tls-ca", path, code=2).stderr


def test_webhooks(cli, sink, project, path):
    made = json.loads(cli("webhooks", "create", "--name", "crm", "--url", sink.url(path),
                          "--json").stdout)
    assert made["id"].startswith("wh_")
    listed = json.loads(cli("webhooks", "list", "--json").stdout)
    assert [w["id"] for w in listed["data"]] == [made["id"]]
    assert "crm" in cli("webhooks", "list").stdout
    assert json.loads(cli("webhooks", "get", "crm", "--json").stdout)["id"] == made["id"]
    cli("webhooks", "update", "crm", "--url", sink.url(path + "/new"))
    assert project.get_webhook(made)["url"] == sink.url(path + "/new")
    made = json.loads(cli("webhooks", "rotate", "crm", "--algorithm", "ed25519").stdout)
    assert made["signing"]["secrets"][0].startswith("whsk_")
    made = json.loads(cli("webhooks", "rotate", "crm").stdout)
    assert len(made["signing"]["publicKeys"]) == 2
    cli("webhooks", "rotate", "crm", "--algorithm", "rsa", code=1)
    cli("webhooks", "delete", "crm")
    assert json.loads(cli("webhooks", "list", "--json").stdout)["data"] == []


def test_filters(cli, project, tmp_path):
    made = json.loads(cli("webhooks", "create", "--name", "f", "--url", "https://example.com/{{n}}",
                          "--filter", '{"dataFields.n": {"$gt": 1}}').stdout)
    assert made["filter"] == {"dataFields.n": {"$gt": 1}}
    (tmp_path / "filter").write_text('{"email": null}', encoding="ascii")
    cli("webhooks", "update", "f", "--filter", str(tmp_path / "filter"))
    assert project.get_webhook(made)["filter"] == {"email": None}
    refused = cli("webhooks", "update", "f", "--filter", '{"$or": [{"n": 1}]}', code=1)
    assert "filter.$or[0].n" in refused.stderr
    assert "--filter" in cli("webhooks", "update", "f", "--filter", "[]", code=2).stderr
    cli("webhooks", "update", "f", "--filter", "{}")
    assert "filter" not in project.get_webhook(made)


def test_deliveries_and_replay(cli, sink, project, path):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), retry={"delaysS": [], "jitter": 0})
    event = project.publish_one()
    project.wait_status(event, "dead")
    listed = json.loads(cli("deliveries", "--status", "dead", "--json").stdout)["data"]
    assert len(listed) == 1
    got = json.loads(cli("deliveries", "get", listed[0]["id"]).stdout)
    assert got["attempts"][0]["status"] == 500
    sink.behave(path)
    cli("replay", "--webhook", webhook["id"])
    wait_until(lambda: event in sink.ok_ids(path), 10, "it is replayed")


def test_cancel_and_replay_some(cli, sink, project, path):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), retry={"delaysS": [3600], "jitter": 0})
    send, open_, click = (project.publish_one(eventName=n)
                          for n in ("emailSend", "emailOpen", "emailClick"))
    for event in (send, open_, click):
        delivery = project.wait_status(event, "waiting")
    assert json.loads(cli("deliveries", "cancel", delivery["id"]).stdout)["status"] == "dead"
    cli("deliveries", "cancel", delivery["id"], code=1)
    cli("deliveries", "cancel", delivery["id"], "--webhook", webhook["id"], code=2)
    done = cli("deliveries", "cancel", "--webhook", webhook["name"], "--event-name", "emailSend")
    assert json.loads(done.stdout) == {"cancelled": 1}
    sink.behave(path)
    late = ("--since", "2999-01-01T00:00:00Z")
    assert json.loads(cli("replay", "--webhook", webhook["id"], *late).stdout) == {"replayed": 0}
    done = cli("replay", "--webhook", webhook["id"], "--event-name", "emailSend",
               "--event-name", "emailOpen", "--limit", "5")
    assert json.loads(done.stdout) == {"replayed": 1}
    wait_until(lambda: sink.ok_ids(path) == {send}, 10, "it is replayed")
    assert json.loads(cli("deliveries", *late, "--json").stdout)["data"] == []
    assert {d["event"] for d in json.loads(
        cli("deliveries", "--until", late[1], "--json").stdout)["data"]} == {send, open_, click}


@pytest.mark.parametrize("command", [["replay"], ["deliveries", "cancel"]])
def test_names_are_encoded_in_bulk_too(cli, command):
    for project, webhook in (("a b", "wh_x"), ("ab", "wh_%x%y")):
        out = cli(*command, "--project", project, "--webhook", webhook, code=1)
        assert "not_found" in out.stderr or "no such" in out.stderr, out


def test_keys(cli, project):
    made = json.loads(cli("keys", "create", "--name", "k", "--json").stdout)
    assert made["id"].startswith("key_")
    assert made["id"] in cli("keys", "list").stdout
    cli("keys", "delete", made["id"])
    assert made["id"] not in cli("keys", "list").stdout


def test_inbox(cli, system, project):
    project.webhook(f"{system.console_base}/inbox/{project.id}")
    event = project.publish_one()
    wait_until(lambda: event in cli("inbox", project.id).stdout, 10, "the inbox shows it",
               poll=0.2)


def test_tail(cli, sink, project, path):
    project.webhook(sink.url(path))
    tail = subprocess.Popen([binary("postrider"), "tail", "--count", "1", "--json"],
                            env=cli.env, stdout=subprocess.PIPE, text=True)
    def done():
        project.publish()
        return tail.poll() is not None
    wait_until(done, 10, "tail has seen one", poll=0.2)
    assert tail.returncode == 0 and "evt_" in tail.stdout.read()


def test_bench(cli, sink, project, path):
    project.webhook(sink.url(path))
    out = cli("bench", "--events", "2000", "--json")
    assert json.loads(out.stdout)
    wait_until(lambda: len(sink.ok_ids(path)) == 2000, 20, "all of them")


def test_up_restarts_children_and_keeps_events(tmp_path):
    """kill -9 of each child, SIGTERM, and a second `up` on the same data."""
    del tmp_path
    up = Up(settings={"DRAIN_MS": "3000"})
    try:
        project = up.project()
        project.wait_known()
        project.webhook("http://127.0.0.1:9/", retry={"delaysS": [600], "jitter": 0})
        up.close_probe()
        event = project.publish_one()
        project.wait_status(event, "waiting")
        for service in ("ingest", "router", "sender", "console"):
            old = up.pid_of(service)
            os.kill(old, signal.SIGKILL)
            wait_until(lambda service=service, old=old:
                       up.pid_of(service) not in (None, old), 15, f"{service} is back")
        assert project.publish_when_known()
        children = children_of(up.up.pid)
        start = time.monotonic()
        up.up.child.send_signal(signal.SIGINT)
        assert up.up.child.wait(30) == 0 and time.monotonic() - start < 15
        assert not [p for p in children if os.path.exists(f"/proc/{p}")], "children are left"
        mode = os.stat(up.data).st_mode
        assert stat.S_ISDIR(mode)
        up.up.start()
        wait_until(lambda: up.up.log().count("postrider ready") == 2, 40, "ready again")
        assert project.api.get(f"{project.path}/events/{event}").status == 200
        project.close()
    except BaseException:
        print(up.logs())
        raise
    finally:
        up.up.stop()
        up.remove()


def test_up_refuses_bad_usage():
    assert run("up", "--senders", "0").returncode == 2
    assert run("up", "--nonsense").returncode == 2


def test_production_mode_refuses_http_and_loopback():
    up = Up(flags=())
    try:
        project = up.project()
        answer = project.api.post(project.path + "/webhooks", {
            "name": "a", "kind": "system", "url": "http://example.com/", "eventNames": ["*"]})
        assert answer.status == 400 and answer.json["field"] == "url", answer
        project.wait_known()
        for url in ("https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/",
                    "https://169.254.169.254/", "https://[::ffff:127.0.0.1]/"):
            answer = project.api.post(project.path + "/webhooks", {
                "name": "a", "kind": "system", "url": url, "eventNames": ["*"]})
            assert answer.status == 400 and answer.json["field"] == "url", answer
        # A name is looked at when it is resolved.
        project.webhook("https://localhost:9/", wait=False, retry={"delaysS": [], "jitter": 0})
        def refused():
            project.publish()
            return project.deliveries(status="dead")
        dead = wait_until(refused, 15, "it is refused", poll=0.1)
        document = project.api.get(f"{project.path}/deliveries/{dead[0]['id']}").json
        assert document["attempts"][0]["error"] == "address_refused"
        project.close()
    except BaseException:
        print(up.logs())
        raise
    finally:
        up.close()
