"""A system whose Redis is a master, two replicas and three sentinels.

SPDX-License-Identifier: Apache-2.0
"""
import os
import time
import urllib.parse

import redis

from .process import Process, free_port
from .system import APPENDFSYNC, Parts, clean_environment
from .wait import wait_until

MASTER = "postrider"
DOWN_AFTER_MS = 1500
PASSWORD, WATCHWORD = "of-the/masters", "of the sentinels"
LINES = [f'requirepass {PASSWORD}', f"masterauth {PASSWORD}",
         'save ""', "appendonly yes", f"appendfsync {APPENDFSYNC}", "repl-diskless-sync-delay 0"]


def sentinel(port):
    return redis.Redis(port=port, password=WATCHWORD)


class Guarded(Parts):
    """Takes what Parts takes. An event is acknowledged once a replica has it."""

    def __init__(self, settings=None, min_replicas=1, **options):
        self.servers, self.sentinels = {}, {}
        super().__init__(settings={"MIN_REPLICAS": str(min_replicas), **(settings or {})},
                         **options)

    def _server(self, name, port, lines):
        path = os.path.join(self.folder, name + ".conf")
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        with open(path, "w", encoding="ascii") as f:
            f.write("\n".join(["bind 127.0.0.1", f"port {port}", f"dir {folder}", *lines, ""]))
        mode = ["--sentinel"] if name in self.sentinels else []
        self.processes[name] = Process(name, ["redis-server", path, *mode], clean_environment(),
                                       os.path.join(self.folder, name + ".log"))

    def _start_redis(self, flags):
        self.servers = {f"redis{i}": free_port() for i in range(3)}
        self.sentinels = {f"sentinel{i}": free_port() for i in range(3)}
        first = self.servers["redis0"]
        for name, port in self.servers.items():
            self._server(name, port, LINES + ([f"replicaof 127.0.0.1 {first}"]
                                              if port != first else []))
        wait_until(lambda: self.replicas_of(first) == 2, 20, "both replicas are there")
        for name, port in self.sentinels.items():
            self._server(name, port, [
                f"sentinel monitor {MASTER} 127.0.0.1 {first} 2",
                f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}",
                f"sentinel failover-timeout {MASTER} 4000",
                f"sentinel auth-pass {MASTER} {PASSWORD}",
                f'requirepass "{WATCHWORD}"', f'sentinel sentinel-pass "{WATCHWORD}"'])
        for port in self.sentinels.values():
            wait_until(lambda port=port: self._knows(port), 20, "the sentinels know all")
        hosts = ",".join(f"127.0.0.1:{p}" for p in self.sentinels.values())
        secret = urllib.parse.quote(PASSWORD, safe="")
        self.settings["REDIS_URL"] = f"redis+sentinel://:{secret}@{hosts}/{MASTER}"
        self.settings["REDIS_SENTINEL_PASSWORD"] = WATCHWORD

    def _knows(self, port):
        try:
            found = sentinel(port).sentinel_master(MASTER)
            return found["num-slaves"] == 2 and found["num-other-sentinels"] == 2
        except (redis.RedisError, KeyError, IndexError):
            return False

    def client(self, name):
        return redis.Redis(port=self.servers[name], password=PASSWORD, socket_timeout=5)

    def replicas_of(self, port):
        """Those that are up to date, about."""
        try:
            info = redis.Redis(port=port, password=PASSWORD).info("replication")
        except redis.RedisError:
            return 0
        return sum(info[f"slave{i}"]["state"] == "online" for i in range(info["connected_slaves"]))

    @property
    def redis(self):
        return self.client(self.master())

    def master(self):
        """The one that the sentinels name, as long as most of them agree."""
        votes = []
        for port in self.sentinels.values():
            _, master = sentinel(port).sentinel_get_master_addr_by_name(MASTER)
            votes += [n for n, p in self.servers.items() if p == master]
        return max(votes, key=votes.count)

    def services(self):
        return [n for n in super().services()
                if n not in self.servers and n not in self.sentinels]

    def wait_switched(self, old, timeout=20):
        """Until sentinels have agreed on another master; its name."""
        wait_until(lambda: self.master() != old, timeout, f"{old} is master no more", poll=0.02)
        self.switched = time.monotonic()
        return self.master()

    def bring_back(self, name):
        """As a replica, whatever it was."""
        port = self.servers[self.master()]
        if not self.processes[name].alive():
            self._server(name, self.servers[name], [*LINES, f"replicaof 127.0.0.1 {port}"])
        else:
            self.client(name).execute_command("REPLICAOF", "127.0.0.1", port)
        wait_until(lambda: self.replicas_of(port) == 2, 20, f"{name} is a replica")

    def by_hand(self):
        one = sentinel(next(iter(self.sentinels.values())))

        def begun():
            try:
                return one.execute_command("SENTINEL", "FAILOVER", MASTER)
            except redis.ResponseError as e:  # it does not know the replicas yet
                return "INPROG" in str(e)
        wait_until(begun, 20, "a failover begins")
