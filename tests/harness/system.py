"""A private Postrider: one `postrider up`, or its processes one by one.

SPDX-License-Identifier: Apache-2.0
"""
import glob
import itertools
import os
import shutil
import signal
import subprocess
import tempfile

import redis

from .cluster import Cluster
from .http import Api, request
from .process import Process, binary, children_of, free_port, rss_kb
from .publisher import Publisher
from .sink import Sink
from .wait import wait_until

ADMIN_KEY = "admin-key-of-the-tests-0123456789"
MASTER_KEY = "42" * 32
PARTITIONS = 8
# With "everysec" Redis answers before it has written while an earlier fsync is still
# running: killed then, it loses what it has acknowledged, and no program of ours can
# know. With "no", which `postrider up` runs it with, and "always" it writes first.
APPENDFSYNC = os.environ.get("POSTRIDER_FAULT_APPENDFSYNC", "no")
READY_S = 40
# "cluster": the systems of tests/system have one instead of a single Redis.
REDIS = os.environ.get("POSTRIDER_TEST_REDIS", "")


def clean_environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("POSTRIDER_")}


class Base:
    """What both kinds share: ports, keys, clients."""

    def __init__(self, settings=None):
        self.folder = tempfile.mkdtemp(prefix="pr-")
        self.ports = {name: free_port() for name in ("publish", "pull", "http", "console")}
        self.settings = {
            "ADMIN_KEY": ADMIN_KEY, "MASTER_KEY": MASTER_KEY, "DEV": "true",
            "PARTITIONS": str(PARTITIONS),
            "INGEST_PUBLISH_BIND": self.publish_endpoint,
            "INGEST_PULL_BIND": self.pull_endpoint,
            "INGEST_HTTP_BIND": f"{self.address('ingest0')}:{self.ports['http']}",
            "CONSOLE_HTTP_BIND": f"{self.address('console')}:{self.ports['console']}",
        }
        self.settings.update(settings or {})
        self.processes = {}
        self.numbers = itertools.count(1)
        self.probe = None
        self.cluster = None

    def address(self, name):
        """Where the process of this name listens, and is reached."""
        del name
        return "127.0.0.1"

    @property
    def publish_endpoint(self):
        return f"tcp://{self.address('ingest0')}:{self.ports['publish']}"

    @property
    def pull_endpoint(self):
        return f"tcp://{self.address('ingest0')}:{self.ports['pull']}"

    @property
    def http_base(self):
        return f"http://{self.address('ingest0')}:{self.ports['http']}"

    @property
    def console_base(self):
        return f"http://{self.address('console')}:{self.ports['console']}"

    @property
    def redis_path(self):
        return glob.glob(self.folder + "/**/*.sock", recursive=True)[0]

    @property
    def redis_url(self):
        return self.cluster.url if self.cluster else "unix://" + self.redis_path

    @property
    def redis(self):
        if self.cluster:
            return redis.RedisCluster("127.0.0.1", self.cluster.masters()[0].port)
        return redis.Redis(unix_socket_path=self.redis_path)

    @property
    def api(self):
        return Api(self.console_base, ADMIN_KEY)

    def environment(self, **more):
        env = clean_environment()
        env.update({"POSTRIDER_" + k: v for k, v in {**self.settings, **more}.items()})
        return env

    def client_environment(self, **more):
        """For the command line: where the system is, and the key."""
        return {**clean_environment(), "POSTRIDER_ADMIN_KEY": ADMIN_KEY,
                "POSTRIDER_CLI_CONSOLE_URL": self.console_base,
                "POSTRIDER_CLI_PUBLISH_ENDPOINT": self.publish_endpoint, **more}

    def kept(self, *kinds):
        """How much each key of these kinds holds in Redis, in all partitions. Empty ones
        are no keys."""
        r, found = self.redis, {}
        size = {b"stream": r.xlen, b"zset": r.zcard, b"hash": r.hlen, b"set": r.scard,
                b"none": lambda _: 0}
        for kind in kinds:
            for key in r.scan_iter(match="pr:{p*}:" + kind, count=1000):
                if n := size[r.type(key)](key):
                    found[key.decode()] = n
        return found

    def kept_of(self, kind):
        return sum(self.kept(kind).values())

    def load_keys(self):
        """What Load needs to be let in."""
        return None

    def publisher(self, **options):
        return Publisher(self.publish_endpoint, **options)

    def logs(self):
        return "\n".join(f"----- {p.name}\n{p.log()[-12000:]}" for p in self.processes.values())

    def wait_config(self):
        """Until the changes made through the API so far are in effect."""
        from .project import Probe
        if not self.probe:
            self.probe = Probe(self, Sink(self.folder, name="probe", host=self.address("sink")))
        self.probe.wait()

    def close_probe(self):
        if self.probe:
            self.probe.close()
            self.probe = None

    def kill_all(self):
        for process in self.processes.values():
            process.kill()

    def remove(self):
        if self.cluster:
            self.cluster.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def project(self, name=None):
        from .project import Project
        return Project(self, name or f"p{next(self.numbers)}-{os.path.basename(self.folder)}"
                       .lower().replace("_", "x"))


class Up(Base):
    """`postrider up`: one command, embedded Redis."""

    def __init__(self, settings=None, flags=("--dev",)):
        super().__init__(settings)
        self.settings.update({
            "INGEST_ADMIN_BIND": f"127.0.0.1:{free_port()}",
            "CONSOLE_ADMIN_BIND": f"127.0.0.1:{free_port()}",
            "SENDER_ADMIN_BIND": f"127.0.0.1:{free_port()}",
            "ROUTER_ADMIN_BIND": f"127.0.0.1:{free_port()}",
            "ROUTER_SENDER_BIND": f"tcp://127.0.0.1:{free_port()}",
            "ROUTER_INGEST_BIND": f"tcp://127.0.0.1:{free_port()}",
            "ROUTER_FEED_BIND": f"tcp://127.0.0.1:{free_port()}",
            "TOKENS_BIND": f"tcp://127.0.0.1:{free_port()}",
            "TOKENS_ADMIN_BIND": f"127.0.0.1:{free_port()}",
        })
        self.settings.update(settings or {})
        del self.settings["DEV"]
        if REDIS == "cluster":
            self.cluster = Cluster(self.folder, clean_environment())
            flags = (*flags, "--redis-url", self.cluster.url)
        self.data = os.path.join(self.folder, "data")
        self.up = self.processes["up"] = Process(
            "up", [binary("postrider"), "up", "--data", self.data, *flags],
            self.environment(), os.path.join(self.folder, "up.log"))
        try:
            self.ready_line = self.up.wait_for_line("postrider ready", READY_S)
        except BaseException:
            self.up.stop()
            raise

    def admin_base(self, service):
        return "http://" + self.settings[service.upper() + "_ADMIN_BIND"]

    def pid_of(self, service):
        """The pid of the child that runs postrider-<service> (or redis-server)."""
        names = {"redis-server": "redis-server"}
        want = names.get(service, "postrider-" + service)
        for pid, name in children_of(self.up.pid).items():
            if name == want:
                return pid
        return None

    def rss_kb(self, service):
        return rss_kb(self.pid_of(service))

    def close(self):
        self.close_probe()
        code = self.up.stop()
        self.remove()
        assert code == 0, f"postrider up ended with {code}"


class Parts(Base):
    """Every process started by itself, so that each can be killed."""

    def __init__(self, routers=1, senders=1, ingests=1, tokens=0, settings=None,
                 redis_dir=None, redis_flags=(), wrap_sender=list):
        """wrap_sender: from the argv of what makes requests to the one that is run."""
        super().__init__(settings)
        self.wrap_sender = wrap_sender
        self.redis_dir = redis_dir or os.path.join(self.folder, "redis")
        os.makedirs(self.redis_dir, exist_ok=True)
        self.socket = os.path.join(self.folder, "redis.sock")
        self.settings["REDIS_URL"] = self.redis_url()
        self.admin = {}
        self.endpoints = {}  # where further ingests are published to
        try:
            self._start_redis(redis_flags)
            self._start_services(routers, senders, ingests)
            for i in range(tokens):
                self.start_tokens(f"tokens{i}")
            self.wait_healthy()
        except BaseException:
            print(self.logs())
            self.kill_all()
            raise

    def _start_services(self, routers, senders, ingests):
        self._start("console", "console")
        for i in range(ingests):
            self._start(f"ingest{i}", "ingest", **(self._other_ingest(f"ingest{i}") if i else {}))
        for i in range(routers):
            self.start_router(f"router{i}")
        for i in range(senders):
            self.start_sender(f"sender{i}")

    @property
    def redis_path(self):
        return self.socket

    def redis_url(self):
        return "unix://" + self.socket

    def placed(self, name, argv):
        """What is run for the process of this name."""
        del name
        return argv

    def _start_redis(self, flags):
        argv = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--appendonly",
                "yes", "--appendfsync", APPENDFSYNC, "--save", "", "--dir", self.redis_dir,
                *flags]
        self.processes["redis"] = Process("redis", self.placed("redis", argv), clean_environment(),
                                          os.path.join(self.folder, "redis.log"))
        self.wait_redis()

    def wait_redis(self, timeout=20):
        def answers():
            try:
                return self.redis.ping()
            except redis.RedisError:
                return False
        wait_until(answers, timeout, "Redis answers")

    def _start(self, name, service, **more):
        self.admin[name] = free_port()
        more[service.upper() + "_ADMIN_BIND"] = f"{self.address(name)}:{self.admin[name]}"
        more["INSTANCE"] = name
        argv = [binary("postrider-" + service)]
        if service in ("sender", "tokens"):
            argv = self.wrap_sender(argv)
        self.processes[name] = Process(name, self.placed(name, argv),
                                       self.environment(**more),
                                       os.path.join(self.folder, name + ".log"))

    def endpoint(self, name):
        return f"tcp://{self.address(name)}:{free_port()}"

    def _other_ingest(self, name):
        self.endpoints[name] = self.endpoint(name)
        return {"INGEST_PUBLISH_BIND": self.endpoints[name],
                "INGEST_PULL_BIND": self.endpoint(name),
                "INGEST_HTTP_BIND": f"{self.address(name)}:{free_port()}"}

    def start_router(self, name):
        self._start(name, "router", ROUTER_SENDER_BIND=self.endpoint(name),
                    ROUTER_INGEST_BIND=self.endpoint(name),
                    ROUTER_FEED_BIND=self.endpoint(name))

    def start_sender(self, name):
        self._start(name, "sender")

    def start_tokens(self, name):
        self._start(name, "tokens", TOKENS_BIND=self.endpoint(name))

    def admin_base(self, name):
        return f"http://{self.address(name)}:{self.admin[name]}"

    def services(self):
        return [n for n in self.processes if n != "redis"]

    def healthy(self, name):
        try:
            return request("GET", self.admin_base(name) + "/healthz", timeout=2).status == 200
        except OSError:
            return False

    def wait_healthy(self, names=None, timeout=READY_S):
        for name in names or self.services():
            def up(name=name):
                assert self.processes[name].alive(), f"{name} ended:\n{self.logs()}"
                return self.healthy(name)
            wait_until(up, timeout, f"{name} is healthy")

    def kill(self, name):
        self.processes[name].kill()

    def restart(self, name):
        self.processes[name].start()
        if name == "redis":
            self.wait_redis()

    def kill_and_restart(self, *names):
        """Kills them all before it starts the first, which is the last that is named."""
        for name in names:
            self.kill(name)
        for name in reversed(names):
            self.restart(name)
        self.wait_healthy()

    def pause(self, name):
        self.processes[name].signal(signal.SIGSTOP)

    def resume(self, name):
        self.processes[name].signal(signal.SIGCONT)

    def owners(self):
        """partition -> router, as the registry's hint says."""
        raw = self.redis.hgetall("pr:{run}:owner")
        return {int(k): v.decode() for k, v in raw.items()}

    def close(self, remove=True):
        self.close_probe()
        codes = {}
        for name in reversed(list(self.processes)):
            process = self.processes[name]
            if process.alive():
                codes[name] = process.stop()
        if remove:
            self.remove()
        bad = {n: c for n, c in codes.items() if c != 0}
        assert not bad, f"ended with another code than 0: {bad}"


class ClusterParts(Parts):
    """The same with a Redis Cluster; its nodes are not among the processes."""

    def __init__(self, masters=3, replicas=0, **options):
        self.shape = {"masters": masters, "replicas": replicas}
        super().__init__(**options)

    def _start_redis(self, flags):
        self.cluster = Cluster(self.folder, clean_environment(), flags=flags, **self.shape)
        self.settings["REDIS_URL"] = self.cluster.url

    def close(self, remove=True):
        try:
            super().close(remove)
        finally:
            self.cluster.kill()


class ConsoleOnly(Parts):
    """Redis and a console."""

    def _start_services(self, *_):
        self._start("console", "console")


def run(*argv, env=None, timeout=30, stdin=None):
    """Runs the command line; returns the finished process, texts decoded."""
    env = clean_environment() if env is None else env
    return subprocess.run([binary("postrider"), *argv], env=env, timeout=timeout,
                          capture_output=True, text=True, input=stdin, check=False)
