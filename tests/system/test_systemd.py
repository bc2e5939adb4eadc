"""The units of systemd: what systemd says of them, and what their programs do.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import glob
import os
import shutil
import subprocess
import tempfile

import pytest

from harness.http import Api, request
from harness.packages import call
from harness.process import Process, free_port
from harness.publisher import Publisher
from harness.system import ADMIN_KEY, MASTER_KEY, clean_environment
from harness.units import HOST, Supervised, Unit
from harness.wait import wait_until

UNITS = "/usr/lib/systemd/system"
SERVICES = {"postrider-ingest.service": "", "postrider-router@.service": "7",
            "postrider-tokens.service": "", "postrider-sender@.service": "7",
            "postrider-console.service": ""}
EXPOSURE_MAX = 13  # of 100, as systemd-analyze reckons it; without one of its lines it is more


def instance_of(name):
    return name.replace("@.", f"@{SERVICES[name]}.")


@pytest.fixture(scope="module")
def root(packages):
    """Where systemd's tools find our units, enabled, and the system's own targets."""
    folder = tempfile.mkdtemp(prefix="pr-units-")
    shutil.copytree(packages.root, folder, dirs_exist_ok=True)
    for path in glob.glob(UNITS + "/*.target") + glob.glob(UNITS + "/*.slice"):
        # Not over ours, where the package is installed on this host.
        if not os.path.exists(folder + path):
            shutil.copy(path, folder + UNITS)
    call("systemctl", "--root", folder, "enable", "postrider.target",
         *(name.replace("@.", "@1.") for name in SERVICES),
         "postrider-router@2", "postrider-sender@2")
    yield folder
    shutil.rmtree(folder)


def verify(root, name="postrider.target"):
    done = subprocess.run(["systemd-analyze", "verify", "--root=" + root, "--man=no", name],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_systemd_takes_the_units_and_their_order(root):
    # What it warns of, a cycle in the order above all, leaves the exit code 0.
    assert verify(root) == (0, "")


def test_that_check_can_fail(root):
    path = root + UNITS + "/postrider-base.target"
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("DefaultDependencies=no\n", ""))
    try:
        assert "ordering cycle" in verify(root)[1]
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


@pytest.mark.parametrize("name", SERVICES)
def test_the_sandbox_is_tight(root, name):
    call("systemd-analyze", "security", "--offline=true", "--root=" + root,
         f"--threshold={EXPOSURE_MAX}", "--no-pager", instance_of(name))


def shown(unit):
    """What the program makes of the unit's environment."""
    env = {k: v for k, v in unit.environment().items() if not k.endswith("_FILE")}
    text = call(*unit.argv(), "--show-config", env=env)
    return dict(line.split("=", 1) for line in text.splitlines())


@pytest.mark.parametrize("name", SERVICES)
def test_every_setting_of_a_unit_is_one_and_fits(packages, name):
    unit = Unit(packages, name, SERVICES[name])
    made = shown(unit)
    for key, value in unit.environment().items():
        if key.endswith("_FILE"):
            assert key[:-len("_FILE")] in made
        else:
            assert made[key] == value
    # A name that a restart keeps, and a kill only after the program gives up by itself.
    assert HOST in made["POSTRIDER_INSTANCE"]
    assert int(unit.one("TimeoutStopSec")) * 1000 > int(made["POSTRIDER_DRAIN_MS"]) + 5000
    assert unit.one("Type") == "notify" and int(unit.one("WatchdogSec")) > 0


def test_the_example_configuration_is_one(packages):
    with open(packages.path("/etc/postrider/postrider.conf"), encoding="utf-8") as f:
        lines = [line.lstrip("#") for line in f.read().splitlines()
                 if line.lstrip("#").startswith("POSTRIDER_") and "NAME=" not in line]
    env = dict(line.split("=", 1) for line in lines)
    assert env.pop("POSTRIDER_REDIS_URL") == "redis://127.0.0.1:6380"
    unit = Unit(packages, "postrider-ingest.service")
    call(*unit.argv(), "--check-config", env=env)


def test_the_example_for_redis_is_one(packages, tmp_path):
    """A real Redis takes it, and it promises what the documentation says."""
    path = packages.path("/usr/share/doc/postrider/examples/redis-postrider.conf")
    socket = str(tmp_path / "redis.sock")
    server = Process("redis", ["redis-server", path, "--port", "0", "--unixsocket", socket,
                               "--dir", str(tmp_path), "--pidfile", str(tmp_path / "pid")],
                     clean_environment(), str(tmp_path / "log"))
    try:
        wait_until(lambda: os.path.exists(socket), 20, "Redis listens")
        for name, value in [("appendonly", "yes"), ("appendfsync", "always"),
                            ("maxmemory-policy", "noeviction"), ("save", "")]:
            assert call("redis-cli", "-s", socket, "config", "get", name) == \
                f"{name}\n{value}\n"
    finally:
        assert server.stop() == 0


class Host:
    """The units on a host of ours: two routers, two senders, one of each other, as the user
    nobody, their numbers where no other test listens."""

    def __init__(self, packages, stack):
        self.folder = tempfile.mkdtemp(prefix="pr-host-")
        stack.callback(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        self.secrets = {"/etc/postrider/master.key": MASTER_KEY,
                        "/etc/postrider/admin.key": ADMIN_KEY}
        self.socket = os.path.join(self.folder, "redis.sock")
        redis = Process("redis", ["redis-server", "--port", "0", "--unixsocket", self.socket,
                                  "--unixsocketperm", "777", "--save", ""],
                        clean_environment(), os.path.join(self.folder, "redis.log"),
                        cwd=self.folder)
        stack.callback(redis.stop)
        self.ports = {name: free_port() for name in ("publish", "pull", "http", "console",
                                                      "tokens")}
        self.running = {}
        for name, instances in [("postrider-router@.service", ("71", "72")),
                                ("postrider-tokens.service", ("",)),
                                ("postrider-sender@.service", ("71", "72")),
                                ("postrider-ingest.service", ("",)),
                                ("postrider-console.service", ("",))]:
            for i in instances:
                self.start(packages, name, i)
                stack.callback(self.running[name, i].stop)

    def overrides(self):
        """What stands in postrider.conf here: ports that no other test has."""
        return {"POSTRIDER_" + k: v for k, v in {
            "REDIS_URL": "unix://" + self.socket, "DEV": "true",
            "INGEST_PUBLISH_BIND": f"tcp://127.0.0.1:{self.ports['publish']}",
            "INGEST_PULL_BIND": f"tcp://127.0.0.1:{self.ports['pull']}",
            "INGEST_HTTP_BIND": f"127.0.0.1:{self.ports['http']}",
            "INGEST_ADMIN_BIND": f"127.0.0.1:{free_port()}",
            "TOKENS_BIND": f"tcp://127.0.0.1:{self.ports['tokens']}",
            "TOKENS_ADMIN_BIND": f"127.0.0.1:{free_port()}",
            "CONSOLE_HTTP_BIND": f"127.0.0.1:{self.ports['console']}",
            "CONSOLE_ADMIN_BIND": f"127.0.0.1:{free_port()}"}.items()}

    def start(self, packages, name, instance):
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"] \
            if os.geteuid() == 0 else []
        self.running[name, instance] = Supervised(
            Unit(packages, name, instance), self.folder, self.secrets, self.overrides(), user)

    @property
    def api(self):
        return Api(f"http://127.0.0.1:{self.ports['console']}", ADMIN_KEY)


def test_the_units_make_a_system(packages):
    with contextlib.ExitStack() as stack:
        host = Host(packages, stack)
        for running in host.running.values():
            running.wait_state("READY=1")
        for running in host.running.values():
            running.wait_state("STATUS=healthy")
        expected = {f"{n}.{HOST}" for n in ("router-71", "router-72", "sender-71",
                                            "sender-72", "tokens", "ingest", "console")}

        def known():
            return {p["instance"] for p in host.api.get("/v1/status").json["processes"]}
        wait_until(lambda: known() == expected, 10, "each is known by its name")
        for address in ("127.0.0.71:9182", "127.0.0.72:9182", "127.0.0.72:9184"):
            assert request("GET", f"http://{address}/healthz").status == 200
        assert delivered(host)


def delivered(host):
    """An event goes the whole way, to the inbox of the console."""
    host.api.post("/v1/projects", {"id": "demo", "name": "Demo"})
    base = f"http://127.0.0.1:{host.ports['console']}"
    made = host.api.post("/v1/projects/demo/webhooks", {
        "name": "inbox", "kind": "system", "eventNames": ["*"], "url": base + "/inbox/demo"})
    assert made.status == 201, made
    publisher = Publisher(f"tcp://127.0.0.1:{host.ports['publish']}")

    def arrived():
        # Ingest may not know the project yet.
        publisher.send({"project": "demo", "eventName": "emailOpen", "userId": "u-1"})
        answer = host.api.get("/v1/inboxes/demo")
        return answer.status == 200 and answer.json["data"]
    try:
        return wait_until(arrived, 20, "it arrives")
    finally:
        publisher.close()
