"""How Redis is reached: a user with what the manual says and no more, passwords of every kind,
TLS where the build has it.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import os
import re
import subprocess
import urllib.parse

import pytest
import redis

from harness.process import ROOT, Process, binary, free_port
from harness.sink import Sink
from harness.system import APPENDFSYNC, Parts, clean_environment
from harness.tls import Identity
from harness.wait import wait_until

PASSWORD = 'p@ss:w/rd%,#é" x'
OWN = "of-the-tests"


def acl_line():
    """As the manual has it."""
    with open(os.path.join(ROOT, "docs/operations.md"), encoding="utf-8") as f:
        text = re.search(r"^    user postrider on .*?\n\n", f.read(), re.S | re.M).group(0)
    return " ".join(text.split())


def test_the_manual_names_every_command_of_the_scripts():
    folder = os.path.join(ROOT, "lib/store")
    allowed = set(re.findall(r"\+([a-z]+)", acl_line()))
    for name in os.listdir(folder):
        if name.endswith(".lua"):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                used = {c.lower() for c in re.findall(r"redis\.p?call\('(\w+)'", f.read())}
            assert used <= allowed, f"{name}: {used - allowed}"


class Secured(Parts):
    """A Redis that lets only the manual's user in, and the tests."""

    def __init__(self, settings, **options):
        self.more = settings
        super().__init__(**options)

    def _start_redis(self, flags):
        path = os.path.join(self.folder, "users.acl")
        digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
        with open(path, "w", encoding="utf-8") as f:
            f.write(acl_line().replace(">PASSWORD", "#" + digest) + "\n")
            f.write(f"user default on >{OWN} ~* &* +@all\n")
        self.settings.update({k: v.replace("SOCKET", self.socket) for k, v in self.more.items()})
        self.settings["REDIS_PASSWORD_FILE"] = os.path.join(self.folder, "password")
        with open(self.settings["REDIS_PASSWORD_FILE"], "w", encoding="utf-8") as f:
            f.write(PASSWORD + "\n")
        if "REDIS_PASSWORD_FILE" in self.more:
            self.settings.pop("REDIS_PASSWORD_FILE")
        super()._start_redis(["--aclfile", path, *flags])

    @property
    def redis(self):
        return redis.Redis(unix_socket_path=self.socket, password=OWN)


def use_all(system):
    """Something of everything that asks Redis for something."""
    sink = Sink(system.folder)
    sink.behave("/dead", status=500)
    project = system.project()
    project.wait_known()
    project.webhook(sink.url("/ok"), wait=False)
    dead = project.webhook(sink.url("/dead"), retry={"delaysS": [1], "jitter": 0}, wait=False)
    project.webhook(system.console_base + "/inbox/one", batch={"maxEvents": 2, "maxWaitMs": 50})
    journey = project.webhook(sink.url("/journey"), kind="journey", method="POST")
    event = project.publish_one(id="twice", eventName="own")
    assert project.publish_one(id="twice", eventName="own") == event
    reply = project.publisher.send({"op": "journeyCall", "project": project.id, "pathId": "p",
                                    "webhook": journey["id"], "tile": "webhook",
                                    "journeyId": "j", "email": "a@b"})
    assert reply["ok"], reply
    wait_until(lambda: event in sink.ok_ids("/ok"), 10, "it is delivered")
    wait_until(lambda: project.deliveries(webhook=dead["id"], status="dead"), 10, "one is dead")
    answer = project.api.post(project.hook_path(dead) + "/replay", {"status": "dead"})
    assert answer.status in (200, 202), answer
    wait_until(lambda: project.api.get("/v1/inboxes/one").json.get("data"), 10, "the inbox has it")
    for path in ("/events", "/event-types", "/deliveries", "/keys", "/webhooks"):
        assert project.api.get(project.path + path).status == 200, path
    assert project.stats(dead) and project.api.get("/v1/status").status == 200
    assert project.api.delete("/v1/inboxes/one").status in (200, 204)
    assert project.api.delete(project.path).status in (200, 204)
    project.close()
    sink.stop()


def url_of(user, password):
    return f"unix://{user}:{urllib.parse.quote(password, safe='')}@SOCKET"


@pytest.mark.parametrize("settings", [{"REDIS_URL": url_of("postrider", PASSWORD),
                                       "REDIS_PASSWORD_FILE": ""},
                                      {"REDIS_URL": "unix://postrider@SOCKET"}],
                         ids=["in the URL", "in a file"])
def test_a_user_with_no_more_than_the_manual_says(settings):
    system = Secured(settings, tokens=1)
    try:
        use_all(system)
        denied = [e for e in system.redis.acl_log() if e["username"] != "default"]
        assert not denied, denied
        assert PASSWORD not in system.logs()
    finally:
        system.close()


def refusal(url, **more):
    env = {**clean_environment(), "POSTRIDER_REDIS_URL": url,
           **{"POSTRIDER_" + k: v for k, v in more.items()}}
    done = subprocess.run([binary("postrider-ingest"), "--check-config"], env=env,
                          capture_output=True, text=True, timeout=10, check=False)
    return done.returncode, done.stderr


def has_tls():
    return refusal("rediss://h")[0] == 0


def test_without_tls_its_url_is_refused():
    if has_tls():
        pytest.skip("this build has TLS to Redis")
    code, text = refusal("rediss://u:secret@h")
    assert code == 2 and text.count("\n") == 1, text
    assert "POSTRIDER_REDIS_URL" in text and "TLS" in text and "secret" not in text


class Encrypted(Parts):
    """A Redis that speaks nothing but TLS, with clients that have a certificate."""

    def _start_redis(self, flags):
        self.root = Identity("root of the tests", ca=True)
        self.port = free_port()
        self.files = {}
        for name, identity in (("server", self.root.issue("redis", hosts=["localhost"])),
                               ("client", self.root.issue("a client"))):
            self.keep(name + ".crt", identity.chain_pem)
            self.keep(name + ".key", identity.key_pem)
        self.keep("ca.crt", self.root.cert_pem)
        self.settings.update({
            "REDIS_URL": f"rediss://localhost:{self.port}", "REDIS_TLS_CA": self.files["ca.crt"],
            "REDIS_TLS_CERT": self.files["client.crt"],
            "REDIS_TLS_KEY_FILE": self.files["client.key"]})
        argv = ["redis-server", "--port", "0", "--tls-port", str(self.port),
                "--unixsocket", self.socket, "--tls-cert-file", self.files["server.crt"],
                "--tls-key-file", self.files["server.key"],
                "--tls-ca-cert-file", self.files["ca.crt"], "--appendonly", "yes",
                "--appendfsync", APPENDFSYNC, "--save", "", "--dir", self.redis_dir, *flags]
        self.processes["redis"] = Process("redis", argv, clean_environment(),
                                          os.path.join(self.folder, "redis.log"))
        self.wait_redis()

    def keep(self, name, text):
        self.files[name] = os.path.join(self.folder, name)
        with open(self.files[name], "w", encoding="ascii") as f:
            f.write(text)


@pytest.fixture
def encrypted():
    if not has_tls():
        pytest.skip("this build has no TLS to Redis: it needs hiredis 1.0 or newer")
    made = Encrypted(tokens=1)
    yield made
    made.close()


def test_everything_over_tls(encrypted):
    use_all(encrypted)
    encrypted.kill("redis")
    encrypted.restart("redis")
    encrypted.wait_healthy()
    use_all(encrypted)


def test_sentinels_over_tls(encrypted):
    """They speak TLS, too, and name the master as its certificate does."""
    files, port = encrypted.files, free_port()
    path = os.path.join(encrypted.folder, "sentinel.conf")
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join([
            "port 0", f"tls-port {port}", "tls-replication yes", f"dir {encrypted.folder}",
            f"tls-cert-file {files['server.crt']}", f"tls-key-file {files['server.key']}",
            f"tls-ca-cert-file {files['ca.crt']}", "sentinel resolve-hostnames yes",
            "sentinel announce-hostnames yes",
            f"sentinel monitor postrider localhost {encrypted.port} 1", ""]))
    encrypted.processes["sentinel"] = Process("sentinel", ["redis-server", path, "--sentinel"],
                                              clean_environment(), path + ".log")
    encrypted.settings["REDIS_URL"] = f"rediss+sentinel://localhost:{port}/postrider"
    encrypted._start("watched", "sender")
    encrypted.wait_healthy(["watched"])
    assert f"localhost:{port}" in encrypted.processes["watched"].log()


def test_whom_tls_does_not_prove_is_not_believed(encrypted):
    """Another name than in the certificate, another root, no certificate of one's own."""
    stranger = Identity("somebody else's root", ca=True)
    encrypted.keep("stranger.crt", stranger.cert_pem)
    wrong = {
        "address": ({"REDIS_URL": f"rediss://127.0.0.1:{encrypted.port}"}, "IP address mismatch"),
        "root": ({"REDIS_TLS_CA": encrypted.files["stranger.crt"]}, "certificate"),
        "plain": ({"REDIS_URL": f"redis://localhost:{encrypted.port}", "REDIS_TLS_CA": "",
                   "REDIS_TLS_CERT": "", "REDIS_TLS_KEY_FILE": ""}, ""),
        "nobody": ({"REDIS_TLS_CERT": "", "REDIS_TLS_KEY_FILE": ""}, ""),
    }
    for name, (settings, text) in wrong.items():
        with_name = {k: v for k, v in settings.items() if v}
        for key in settings:
            encrypted.settings.pop(key)
        kept = dict(encrypted.settings)
        encrypted.settings.update(with_name)
        encrypted._start(name, "sender")
        process = encrypted.processes[name]
        wait_until(lambda process=process: "redis_down" in process.log() or
                   "redis_unreachable" in process.log(), 10, f"{name} is turned away")
        assert "redis_up" not in process.log() and text in process.log(), process.log()
        process.kill()
        encrypted.settings = kept
        encrypted.settings.update({
            "REDIS_URL": f"rediss://localhost:{encrypted.port}",
            "REDIS_TLS_CA": encrypted.files["ca.crt"],
            "REDIS_TLS_CERT": encrypted.files["client.crt"],
            "REDIS_TLS_KEY_FILE": encrypted.files["client.key"]})


def test_settings_of_tls_are_checked(encrypted, tmp_path):
    files, url = encrypted.files, f"rediss://localhost:{encrypted.port}"
    junk = tmp_path / "junk.pem"
    junk.write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    with open(files["server.key"], encoding="ascii") as f:
        other = f.read()
    for settings, name in [
            ({"REDIS_TLS_CA": "/nowhere"}, "REDIS_TLS_CA"),
            ({"REDIS_TLS_CA": str(junk)}, "REDIS_TLS_CA"),
            ({"REDIS_TLS_CERT": files["client.crt"]}, "REDIS_TLS_KEY"),
            ({"REDIS_TLS_KEY": other}, "REDIS_TLS_CERT"),
            ({"REDIS_TLS_CERT": files["client.crt"], "REDIS_TLS_KEY": "no key"}, "REDIS_TLS_KEY"),
            ({"REDIS_TLS_CERT": files["client.crt"], "REDIS_TLS_KEY": other}, "REDIS_TLS_KEY")]:
        code, text = refusal(url, **settings)
        assert code == 2 and text.count("\n") == 1 and "POSTRIDER_" + name in text, (settings, text)
        assert "PRIVATE" not in text
    assert refusal("redis://h", REDIS_TLS_CA=files["ca.crt"])[0] == 2
