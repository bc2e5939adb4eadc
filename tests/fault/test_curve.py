"""CURVE on every edge: who gets in, who does not, and for how long.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import subprocess
import sys

import pytest
import zmq
import zmq.auth

from harness.curve import CurveParts, CurvePublisher, Keys, dial
from harness.fault import Stage
from harness.http import metric
from harness.process import ROOT, Process, binary, free_port
from harness.publisher import NoReply, Publisher
from harness.sink import Sink
from harness.system import Parts
from harness.token_server import Receiver, TokenServer
from harness.wait import wait_until

HANDSHAKES = 100


@pytest.fixture(scope="module")
def system():
    made = CurveParts(tokens=1, settings={"ROUTER_LEASE_MS": "2000"})
    try:
        made.sink = Sink(made.folder)
        yield made
    finally:
        made.close_probe()
        made.sink.stop()
        made.close()


@pytest.fixture
def project(system):
    made = system.project()
    made.wait_known()
    yield made
    made.close()


def sink_path(system):
    return f"/hook-{next(system.numbers)}"


def log_of(system, name):
    return system.processes[name].log()


def admin(system, name):
    return f"http://127.0.0.1:{system.admin[name]}"


def let_in(system, name, *flags):
    """A new publisher's key, in effect."""
    system.keys.make(name, *flags)
    system.keys.let_in(name, system.publishers_dir)


def publishes(system, name, message):
    """What becomes of a message with a connection of its own; None: no answer."""
    publisher = system.publisher(name)
    try:
        return publisher.send(message, timeout=0.3)
    except NoReply:
        return None
    finally:
        publisher.close()


def wait_let_in(system, name, message):
    return wait_until(lambda: publishes(system, name, message), 5, f"{name} is let in")


def refused(reply):
    assert not reply["ok"] and reply["error"]["code"] == "unauthorized", reply
    return reply["error"]


class TestEdges:
    def test_delivers(self, system, project):
        """Publisher, ingest, router, sender; and the feed, which the console reads."""
        path = sink_path(system)
        project.webhook(system.sink.url(path))
        events = set(project.publish(50))
        wait_until(lambda: events == set(system.sink.ids(path)), 10, "all are delivered")

    def test_hints(self, system, project):
        """An ingest that does not reach its router would only be slow."""
        path = sink_path(system)
        project.webhook(system.sink.url(path))
        before = metric(admin(system, "ingest0"), "ingest_hints_total")
        project.publish(5)
        wait_until(lambda: metric(admin(system, "ingest0"), "ingest_hints_total") > before, 5,
                   "the router is told")

    def test_test_sends(self, system, project):
        hook = project.webhook(system.sink.url(sink_path(system)))
        answer = wait_until(lambda: (lambda a: a if a.status != 503 else None)(
            project.api.post(project.hook_path(hook) + "/test", {})), 10, "a sender is there")
        assert answer.status == 200 and answer.json["response"]["status"] == 204, answer

    def test_tokens(self, system, project):
        server = TokenServer()
        receiver = Receiver(server)
        try:
            project.oauth_webhook(receiver.url(), project.credential(server))
            event = project.publish_one()
            receiver.wait_taken("/", [event])
        finally:
            receiver.close()
            server.close()

    def test_feed_of_a_reader(self, system, project):
        system.keys.make("reader", "--role", "reader")
        system.keys.make("stranger", "--role", "reader")
        system.keys.let_in("reader", system.readers_dir)
        keys = len(os.listdir(system.readers_dir) + os.listdir(system.services_dir))
        wait_until(lambda: f'curve_keys directory="{system.readers_dir}" keys={keys}\n'
                   in log_of(system, "router0"), 5, "the key is in effect")
        project.webhook(system.sink.url(sink_path(system)))
        feeds = {}
        for name in ("reader", "stranger"):
            feeds[name] = dial(zmq.SUB, f"tcp://127.0.0.1:{system.feed_port}",
                               system.server_key("router0"), system.keys.pair(name))
            feeds[name].setsockopt(zmq.SUBSCRIBE, b"attempt." + project.id.encode())

        def hears():
            project.publish_one()
            return feeds["reader"].poll(50)
        wait_until(hears, 10, "the reader hears of attempts")
        assert not feeds["stranger"].poll(0)
        # Its key goes, and its connection with it.
        os.unlink(os.path.join(system.readers_dir, "reader.key"))

        def cut():
            project.publish_one()
            return "event=curve_cut" in log_of(system, "router0")
        wait_until(cut, 5, "the feed is cut off")
        while feeds["reader"].poll(50):
            feeds["reader"].recv_multipart()
        path = sink_path(system)
        project.webhook(system.sink.url(path))
        event = project.publish_one()
        wait_until(lambda: event in system.sink.ids(path), 5, "it is delivered")
        assert not feeds["reader"].poll(100)
        for feed in feeds.values():
            feed.close()

    def test_a_second_sender_takes_one_command(self, system, project):
        """No other program is told, nothing is changed elsewhere."""
        system.keys.make("sender-b")
        system.keys.let_in("sender-b", system.services_dir)
        env = system.environment(CURVE_KEY_FILE=system.keys.secret_file("sender-b"),
                                 INSTANCE="sender-b",
                                 SENDER_ADMIN_BIND=f"127.0.0.1:{free_port()}")
        second = Process("sender-b", [binary("postrider-sender")], env,
                         os.path.join(system.folder, "sender-b.log"))
        try:
            wait_until(lambda: metric(admin(system, "router0"), "router_senders ") == 2, 10,
                       "the router has two")
            path = sink_path(system)
            project.webhook(system.sink.url(path))
            assert system.processes["sender0"].stop() == 0
            events = set(project.publish(20))
            wait_until(lambda: events <= set(system.sink.ids(path)), 10, "it delivers alone")
            system.restart("sender0")
            system.wait_healthy()
        finally:
            assert second.stop() == 0

    def test_after_a_kill(self, system, project):
        path = sink_path(system)
        project.webhook(system.sink.url(path))
        system.kill_and_restart("router0", "tokens0", "ingest0")
        events = set(project.publish(20))
        wait_until(lambda: events <= set(system.sink.ids(path)), 15, "it goes on")


class TestPublishers:
    @pytest.fixture(autouse=True)
    def hook(self, system, project):
        self.path = sink_path(system)
        project.webhook(system.sink.url(self.path))

    def test_bound_to_projects(self, system, project):
        """Of its own projects only; a batch is refused whole."""
        let_in(system, "own", "--project", project.id, "--project", "elsewhere")
        assert wait_let_in(system, "own", project.message())["ok"]
        other = system.project()
        other.wait_known()
        for index, batch in ((0, [other.message()]), (1, [project.message(), other.message()]),
                             (2, [project.message()] * 2 + [project.message(project="none")])):
            error = refused(publishes(system, "own", batch))
            assert error["index"] == index and error["field"] == "project"
        # One that it may publish for, but that is not there.
        reply = publishes(system, "own", project.message(project="elsewhere"))
        assert reply["error"]["code"] == "unknown_project"
        exit_of_another = {"op": "journeyExit", "project": other.id, "pathId": "p"}
        refused(publishes(system, "own", exit_of_another))
        wait_until(lambda: len(system.sink.ids(self.path)) == 1, 5, "one event went through")
        other.close()

    def test_certificates_of_pyzmq(self, system, project):
        """It leaves the public one without metadata, so that has to be written in."""
        folder = system.keys.folder
        for name, projects in (("py-one", project.id), ("py-all", "*")):
            zmq.auth.create_certificates(folder, name)
            path = system.keys.public_file(name)
            with open(path, encoding="ascii") as f:
                text = f.read()
            with open(path, "w", encoding="ascii") as f:
                f.write(text.replace("metadata\n", f"metadata\n    project = {projects}\n"))
            system.keys.let_in(name, system.publishers_dir)
            assert wait_let_in(system, name, project.message())["ok"]
        refused(publishes(system, "py-one", project.message(project="another")))

    def test_the_example_in_python(self, system, project):
        out = subprocess.run(
            [sys.executable, os.path.join(ROOT, "tests/examples/publish.py"),
             system.publish_endpoint, project.id, "3", system.keys.public_file("ingest0"),
             system.keys.secret_file("everything")],
            text=True, capture_output=True, check=True, timeout=20)
        wait_until(lambda: set(out.stdout.split()) == set(system.sink.ids(self.path)), 5,
                   "its events arrive")

    def test_push_is_counted_logged_and_listed(self, system, project):
        let_in(system, "pusher", "--project", project.id)
        wait_let_in(system, "pusher", project.message())
        before = metric(admin(system, "ingest0"), 'ingest_refused_total{code="unauthorized"}')
        push = dial(zmq.PUSH, system.pull_endpoint, system.server_key(),
                    system.keys.pair("pusher"))
        push.send(json.dumps(project.message(project="another")).encode())
        push.send(json.dumps(project.message()).encode())
        wait_until(lambda: len(system.sink.ids(self.path)) == 2, 10, "its own comes through")
        push.close()

        def listed():
            return [r for r in map(json.loads, system.redis.lrange("pr:{run}:rejects", 0, -1))
                    if r.get("publisher") == "pusher"]
        assert wait_until(listed, 5, "it is listed")[0]["code"] == "unauthorized"
        assert metric(admin(system, "ingest0"),
                      'ingest_refused_total{code="unauthorized"}') == before + 1
        assert "publisher=pusher" in log_of(system, "ingest0").replace('"', "")

    def test_a_key_that_is_removed(self, system, project):
        """Its connection stays, its messages are refused; put back, they are taken."""
        let_in(system, "leaver", "--project", "*")
        wait_let_in(system, "leaver", project.message())
        connected = system.publisher("leaver")
        assert connected.send(project.message())["ok"]
        os.unlink(os.path.join(system.publishers_dir, "leaver.key"))
        reply = wait_until(lambda: (lambda r: None if r["ok"] else r)(
            connected.send(project.message())), 3, "it is refused")
        refused(reply)
        assert publishes(system, "leaver", project.message()) is None
        system.keys.let_in("leaver", system.publishers_dir)
        wait_until(lambda: connected.send(project.message())["ok"], 3, "it is taken again")
        connected.close()

    def test_projects_of_a_key_change(self, system, project):
        let_in(system, "mover", "--project", "elsewhere")
        refused(wait_let_in(system, "mover", project.message()))
        path = os.path.join(system.publishers_dir, "mover.key")
        with open(path, encoding="ascii") as f:
            text = f.read()
        with open(path, "w", encoding="ascii") as f:
            f.write(text.replace("elsewhere", project.id))
        wait_until(lambda: publishes(system, "mover", project.message())["ok"], 3,
                   "the new project counts")


class TestCommandLine:
    """The C library, through the commands that use it."""

    def run(self, system, *argv, stdin="", **env):
        return subprocess.run(
            [binary("postrider"), *argv], input=stdin, text=True, capture_output=True,
            check=False, timeout=30, env=system.client_environment(
                **{"POSTRIDER_CLI_" + k: v for k, v in env.items()}))

    def test_publish_and_bench(self, system, project):
        path = sink_path(system)
        project.webhook(system.sink.url(path))
        let_in(system, "shell", "--project", project.id)
        wait_let_in(system, "shell", project.message())
        keys = {"CURVE_KEY_FILE": system.keys.secret_file("shell"),
                "SERVER_KEY": system.keys.public_file("ingest0")}
        line = json.dumps(project.message()) + "\n"
        out = self.run(system, "publish", stdin=line * 3, **keys)
        assert out.returncode == 0, out
        keys["SERVER_KEY"] = system.server_key().decode()
        out = self.run(system, "bench", "--project", project.id, "--events", "200", "--json",
                       **keys)
        assert out.returncode == 0 and json.loads(out.stdout)["events"] == 200, out
        wait_until(lambda: len(system.sink.ids(path)) == 204, 15, "all arrive")
        out = self.run(system, "publish", stdin=json.dumps(project.message(project="other")),
                       **keys)
        assert out.returncode == 1 and "unauthorized" in out.stderr, out

    def test_wrong_settings_are_named(self, system):
        secret = {"CURVE_KEY_FILE": system.keys.secret_file("everything")}
        for env in (secret, {**secret, "SERVER_KEY": "/nonexistent"},
                    {"SERVER_KEY": system.server_key().decode()},
                    {"CURVE_KEY": "x", "SERVER_KEY": system.server_key().decode()}):
            out = self.run(system, "publish", stdin="{}", **env)
            assert out.returncode == 2 and "POSTRIDER_CLI_" in out.stderr, out
            assert len(out.stderr.strip().splitlines()) == 1
        shown = self.run(system, "--show-config", **secret)
        assert "POSTRIDER_CLI_CURVE_KEY=***" in shown.stdout

    def test_a_key_that_is_not_let_in(self, system, project):
        system.keys.make("outside", "--project", "*")
        out = self.run(system, "publish", "--timeout-ms", "1500", stdin=json.dumps(project.message()),
                       CURVE_KEY_FILE=system.keys.secret_file("outside"),
                       SERVER_KEY=system.server_key().decode())
        assert out.returncode == 3 and "does not let this key in" in out.stderr, out


class TestStrangers:
    def test_nobody_gets_in(self, system, project):
        """An unknown key, no key, another server's key; and none costs memory."""
        path = sink_path(system)
        project.webhook(system.sink.url(path))
        unknown, server = zmq.curve_keypair(), system.server_key()
        known = system.keys.pair("everything")

        def try_all(count):
            sockets = []
            for _ in range(count):
                sockets += [
                    CurvePublisher(system.publish_endpoint, server, unknown),
                    CurvePublisher(system.publish_endpoint, zmq.curve_keypair()[0], known),
                    Publisher(system.publish_endpoint)]
            for publisher in sockets:
                publisher.send_frames([json.dumps(project.message()).encode()])
            return sockets

        tried = try_all(2)
        seen = metric(admin(system, "ingest0"), "curve_refused_total")
        wait_until(lambda: metric(admin(system, "ingest0"), "curve_refused_total") >= 2, 10,
                   "they are refused")
        assert not any(p.socket.poll(0) for p in tried)
        for p in tried:
            p.close()
        memory = system.processes["ingest0"].rss_kb()
        for _ in range(10):
            tried = try_all(HANDSHAKES // 10)
            seen = metric(admin(system, "ingest0"), "curve_refused_total")
            wait_until(lambda n=seen: metric(admin(system, "ingest0"), "curve_refused_total") > n
                       or n >= HANDSHAKES, 10, "they are refused")
            assert not any(p.socket.poll(0) for p in tried)
            for p in tried:
                p.close()
        assert system.processes["ingest0"].rss_kb() - memory < 3000
        event = project.publish_one()
        wait_until(lambda: set(system.sink.ids(path)) == {event}, 10, "only ours arrives")
        log = log_of(system, "ingest0")
        assert "event=curve_refused" in log and "event=handshake_failed" in log

    def test_a_service_without_a_key(self, system):
        """It says so, and does not hang."""
        env = system.environment(INSTANCE="keyless", CURVE_SERVICES="",
                                 SENDER_ADMIN_BIND=f"127.0.0.1:{free_port()}")
        sender = Process("keyless", [binary("postrider-sender")], env,
                         os.path.join(system.folder, "keyless.log"))
        try:
            line = sender.wait_for_line("event=curve_not_used", 10)
            assert "POSTRIDER_CURVE_KEY" in line
            assert metric(admin(system, "router0"), "router_senders ") == 1
        finally:
            assert sender.stop() == 0

    def test_a_service_whose_key_is_not_let_in_until_it_is(self, system):
        system.keys.make("late")
        env = system.environment(INSTANCE="late", SENDER_ADMIN_BIND=f"127.0.0.1:{free_port()}",
                                 CURVE_KEY_FILE=system.keys.secret_file("late"))
        sender = Process("late", [binary("postrider-sender")], env,
                         os.path.join(system.folder, "late.log"))
        try:
            sender.wait_for_line("event=handshake_failed", 10)
            assert metric(admin(system, "router0"), "router_senders ") == 1
            system.keys.let_in("late", system.services_dir)
            wait_until(lambda: metric(admin(system, "router0"), "router_senders ") == 2, 10,
                       "it is let in")
            # And no more: it is given up as silent.
            os.unlink(os.path.join(system.services_dir, "late.key"))
            wait_until(lambda: metric(admin(system, "router0"), "router_senders ") == 1, 15,
                       "it is not heard any more")
        finally:
            assert sender.stop() == 0

    def test_a_publishers_key_is_no_services(self, system):
        system.keys.make("posing", "--project", "*")
        system.keys.let_in("posing", system.services_dir)
        system.processes["router0"].wait_for_line("its role is another one", 5)
        os.unlink(os.path.join(system.services_dir, "posing.key"))


def test_no_secret_is_shown(system):
    """Not in a log, not by --show-config, not in Redis."""
    logs = "".join(p.log() for p in system.processes.values())
    shown = subprocess.run(
        [binary("postrider-router"), "--show-config"], text=True, capture_output=True,
        env=system.environment(CURVE_KEY_FILE=system.keys.secret_file("router0")), check=True,
        timeout=10).stdout
    assert "POSTRIDER_CURVE_KEY=***" in shown
    registry = b"".join(system.redis.hgetall("pr:{run}:process").values()).decode("latin-1")
    assert system.server_key("router0").decode() in registry
    assert len(system.keys.secrets) >= 5
    for secret in system.keys.secrets:
        assert secret not in logs + shown + registry


class TestUpgrade:
    """From plain text to CURVE and back, program by program, while events flow."""

    @pytest.fixture
    def plain(self):
        made = Parts(settings={"ROUTER_LEASE_MS": "1000"})
        made.keys = Keys(os.path.join(made.folder, "keys"))
        made.services_dir = os.path.join(made.folder, "services")
        os.mkdir(made.services_dir)
        for name in ("ingest0", "router0", "sender0", "router0-again"):
            made.keys.make(name)
            made.keys.let_in(name, made.services_dir)
        made.sink = Sink(made.folder)
        yield made
        made.close_probe()
        made.sink.stop()
        made.close()

    @staticmethod
    def restart(system, name, **env):
        process = system.processes[name]
        assert process.stop() == 0
        for key in [k for k in process.env if k.startswith("POSTRIDER_CURVE")]:
            del process.env[key]
        process.env.update({"POSTRIDER_" + k: v for k, v in env.items()})
        process.start()
        system.wait_healthy([name])

    def key(self, system, name):
        return {"CURVE_KEY_FILE": system.keys.secret_file(name)}

    def test_program_by_program(self, plain):
        project = plain.project()
        project.wait_known()
        path = sink_path(plain)
        project.webhook(plain.sink.url(path))
        server = {**self.key(plain, "router0"), "CURVE_SERVICES": plain.services_dir}

        def flows(hints=True):
            """Through the sender; and ingest reaches the router, or does not."""
            before = metric(admin(plain, "ingest0"), "ingest_hints_total")

            def one():
                event = project.publish_one()
                wait_until(lambda: event in plain.sink.ids(path), 15, "it is delivered")
                return not hints or \
                    metric(admin(plain, "ingest0"), "ingest_hints_total") > before
            wait_until(one, 10, "ingest reaches the router")
        flows()
        self.restart(plain, "sender0", **self.key(plain, "sender0"))
        flows()
        self.restart(plain, "router0", **server)
        flows(hints=False)
        plain.processes["ingest0"].wait_for_line("event=curve_not_used", 5)
        self.restart(plain, "ingest0", **self.key(plain, "ingest0"))
        flows()
        # Another key, under the same name and address.
        self.restart(plain, "router0", CURVE_SERVICES=plain.services_dir,
                     **self.key(plain, "router0-again"))
        flows()
        # And back: on loopback plain text is taken.
        self.restart(plain, "router0")
        flows()
        project.close()


def test_kills_under_load():
    """No event is lost, whoever dies: every connection is agreed on anew."""
    stage, passed = Stage(kind=CurveParts), False
    try:
        for names in (["router0"], ["sender0", "sender1"], ["router1", "ingest0"],
                      ["redis", "router0", "sender0"]):
            stage.strike_and_recover(names)
        stage.check()
        passed = True
    finally:
        stage.finish(not passed)
