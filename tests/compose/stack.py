"""docker-compose.yml as a running system, with a publisher and a receiver in containers.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from harness.http import Api, request
from harness.process import ROOT, binary, free_port
from harness.sink import Receipt
from harness.wait import Timeout, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
SERVICES = ("ingest", "router", "tokens", "sender", "console")
ADMIN_PORT = {name: 9181 + n for n, name in enumerate(SERVICES)}
PORTS = {"PUBLISH_PORT": 5570, "PULL_PORT": 5571, "HTTP_PORT": 8081, "CONSOLE_PORT": 8080}
BASE = "debian:12-slim"
# The host's network, by which apt is known to reach its mirror.
BUILD = ("build", "-q", "--force-rm", "--network=host")
STAND_INS = {"REDIS_IMAGE": "redis:7-bookworm", "HAPROXY_IMAGE": "haproxy:2.8-bookworm"}


def run(*argv, check=True, timeout=900, **options):
    out = subprocess.run(argv, text=True, capture_output=True, timeout=timeout, check=False,
                         **options)
    assert not check or out.returncode == 0, (argv, out.stdout[-4000:], out.stderr[-4000:])
    return out


def docker(*argv, **options):
    return run("docker", *argv, **options)


def inspect(container):
    return json.loads(docker("inspect", container).stdout)[0]


def service_of(seen):
    return seen["Config"]["Labels"]["com.docker.compose.service"]


class Images:
    """Takes what is there or can be had, makes the rest, removes what it has made."""

    def __init__(self, folder):
        self.folder, self.made = folder, []
        self.postrider = self.add("postrider-compose-test")
        self.tools = self.add("postrider-compose-test-tools")
        self.sink = self.add("postrider-compose-test-sink")
        self.names = {"POSTRIDER_IMAGE": self.postrider}

    def add(self, name):
        self.made.append(name)
        return name

    def build(self):
        if not self.can_have(BASE):
            self.make_base()
        # The engine compiles on one side, installs packages on the other.
        build = subprocess.Popen(
            ["docker", *BUILD, "-t", self.postrider, "-f", "deploy/Dockerfile", "."],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            docker(*BUILD, "-t", self.tools, HERE)
            self.make_sink()
            error = build.communicate(timeout=1800)[1]
        finally:
            build.kill()
            build.wait()
        assert build.returncode == 0, error[-8000:]
        for variable, name in STAND_INS.items():
            if self.can_have(name):
                self.names[variable] = name
            else:
                print(f"no {name}: Debian's takes its place")
                self.names[variable] = self.tools

    def can_have(self, name):
        if docker("image", "inspect", name, check=False).returncode == 0:
            return True
        try:
            had = docker("pull", "-q", name, check=False, timeout=60).returncode == 0
        except subprocess.TimeoutExpired:
            had = False
        if had:
            self.add(name)
        return had

    def make_base(self):
        """Debian by debootstrap, with this host's way to its mirror."""
        print(f"no {BASE}: debootstrap makes it")
        root = os.path.join(self.folder, "base")
        run("debootstrap", "--variant=minbase", "bookworm", root)
        for path in ("etc/apt", "usr/local/share/ca-certificates"):
            if os.path.isdir("/" + path):
                shutil.rmtree(os.path.join(root, path), ignore_errors=True)
                shutil.copytree("/" + path, os.path.join(root, path), symlinks=False,
                                ignore_dangling_symlinks=True)
        for path in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(os.path.join(root, path))
        self.import_folder(root, self.add(BASE))
        shutil.rmtree(root)

    def make_sink(self):
        """hook_sink and its libraries, by the script that makes the image."""
        root = os.path.join(self.folder, "sink")
        run(os.path.join(ROOT, "deploy", "image-root.sh"), root, binary("hook_sink"))
        self.import_folder(root, self.sink)
        shutil.rmtree(root)

    @staticmethod
    def import_folder(folder, name):
        with subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE) as tar:
            docker("import", "-", name, stdin=tar.stdout)
        assert tar.returncode == 0

    def remove(self):
        if os.environ.get("KEEP_IMAGES"):
            return
        for name in self.made:
            docker("image", "rm", "-f", name, check=False)
        # The build stage, which has no name.
        docker("image", "prune", "-f", "--filter", "label=org.postrider.stage=build", check=False)


class Stack:
    """One project of docker-compose, and two containers beside it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pr-compose-")
        self.name = os.path.basename(self.folder).lower().replace("_", "x")
        self.images = Images(self.folder)
        self.network = self.name + "_default"
        self.ports = {name: free_port() for name in PORTS}
        self.beside, self.scales = [], {}
        self.tree = None

    def start(self):
        self.images.build()
        self.tree = self.copy_tree()
        run(os.path.join(self.tree, "deploy", "secrets.sh"))
        self.up()
        self.wait_healthy(90)
        self.receiver = self.run_beside("receiver", self.images.sink, "/usr/local/bin/hook_sink",
                                        "--host", "0.0.0.0", "--port", "8000", port=8000)
        self.run_beside("helper", self.images.tools, "sleep", "infinity", flags=["--init"])

    def copy_tree(self):
        """What a user has beside docker-compose.yml; with secrets of its own."""
        tree = os.path.join(self.folder, "tree")
        shutil.copytree(os.path.join(ROOT, "deploy"), os.path.join(tree, "deploy"),
                        ignore=shutil.ignore_patterns("secrets"))
        shutil.copy(os.path.join(ROOT, "docker-compose.yml"), tree)
        return tree

    def environment(self):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("POSTRIDER_")}
        return {**clean, **self.images.names, "COMPOSE_PROJECT_NAME": self.name,
                "POSTRIDER_DEV": "true", **{k: str(v) for k, v in self.ports.items()}}

    def compose(self, *argv, **options):
        tool = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
        return run(*tool, *argv, cwd=self.tree, env=self.environment(), **options)

    def up(self, *profiles, **scales):
        """scales: the number of containers of a service, until told otherwise."""
        self.scales.update(scales)
        flags = [f"--profile={p}" for p in profiles]
        numbers = [f"--scale={k}={v}" for k, v in self.scales.items()]
        self.compose(*flags, "up", "-d", "--no-build", *numbers)

    def containers(self, service=None):
        """The ids of those that exist, of one service or of all."""
        only = ["--filter", f"label=com.docker.compose.service={service}"] if service else []
        return docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.name}",
                      *only).stdout.split()

    def unwell(self):
        """The containers that do not run or are not healthy; those of the demo apart."""
        found = []
        for seen in self.inspect_all():
            state = seen["State"]
            health = state.get("Health", {}).get("Status", "healthy")
            if state["Status"] != "running" or health != "healthy":
                found.append(f"{seen['Name']} {state['Status']} {health}")
        return found

    def inspect_all(self):
        ids = self.containers()
        seen = json.loads(docker("inspect", *ids).stdout) if ids else []
        return [s for s in seen if not service_of(s).startswith("demo")]

    def wait_healthy(self, timeout=60):
        try:
            wait_until(lambda: not self.unwell(), timeout, "all healthy", poll=0.5)
        except Timeout:
            assert not self.unwell()

    @property
    def admin_key(self):
        with open(os.path.join(self.tree, "deploy", "secrets", "admin.key"),
                  encoding="ascii") as f:
            return f.read()

    @property
    def console(self):
        return f"http://127.0.0.1:{self.ports['CONSOLE_PORT']}"

    @property
    def api(self):
        return Api(self.console, self.admin_key)

    def kill_process(self, container):
        """A crash: the engine has not been told, so its restart policy applies."""
        pid = inspect(container)["State"]["Pid"]
        assert pid, "the container does not run"
        os.kill(pid, signal.SIGKILL)

    def id_beside(self, name):
        return f"{self.name}-{name}"

    def run_beside(self, name, image, *argv, flags=(), port=None):
        """A container in the network of the programs; returns the URL of its port."""
        self.beside.append(self.id_beside(name))
        flags = [*flags, *(["-p", f"127.0.0.1::{port}"] if port else [])]
        docker("run", "-d", "--name", self.id_beside(name), "--network", self.network,
               "--network-alias", name, *flags, image, *argv)
        ports = inspect(self.id_beside(name))["NetworkSettings"]["Ports"]
        return f"http://127.0.0.1:{ports[f'{port}/tcp'][0]['HostPort']}" if port else None

    def receipts(self):
        text = request("GET", self.receiver + "/_ids", timeout=60).text
        rows = (line.split(" ") for line in text.splitlines())
        return [Receipt(name, where, *map(int, numbers)) for name, where, *numbers in rows]

    def metrics(self, service):
        """/metrics of each process of a service, asked from inside."""
        ask = ("import socket, sys, urllib.request\n"
               "name, port = sys.argv[1:]\n"
               "for found in socket.getaddrinfo(name, port, socket.AF_INET, socket.SOCK_STREAM):\n"
               "    url = 'http://%s:%s/metrics' % found[4]\n"
               "    print(urllib.request.urlopen(url, timeout=5).read().decode())\n")
        return docker("exec", self.id_beside("helper"), "python3", "-c", ask, service,
                      str(ADMIN_PORT[service])).stdout

    def logs(self):
        out = self.compose("logs", "--no-color", "--tail=60", check=False)
        parts = [out.stdout]
        for name in self.beside:
            found = docker("logs", "--tail", "60", name, check=False)
            parts.append(f"----- {name}\n{found.stdout}{found.stderr}")
        return "\n".join(parts)

    def close(self):
        if found := self.beside + self.containers():
            docker("rm", "-f", "-v", *found, check=False)
        if self.tree:
            self.compose("--profile=demo", "--profile=observe", "down", "-v", "-t", "5",
                         check=False)
        self.images.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
