"""A Redis Cluster of its own: masters, replicas, slots that move.

SPDX-License-Identifier: Apache-2.0
"""
import os
import socket
import subprocess

import redis

from .process import Process, free_port
from .wait import wait_until

SLOTS = 16384
BUS = 10000


def slot_of(key):
    """As Redis counts it; for keys with a hash tag."""
    crc = 0
    for byte in key.split("{", 1)[1].split("}", 1)[0].encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xffff
    return crc % SLOTS


def bus_port_is_free(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port + BUS))
        except OSError:
            return False
    return True


def node_port():
    """The nodes talk to each other at a port that follows from it."""
    while True:
        port = free_port()
        if bus_port_is_free(port):
            return port


class Node:
    def __init__(self, folder, environment, timeout_ms, flags):
        self.port = node_port()
        self.folder = os.path.join(folder, f"node-{self.port}")
        os.makedirs(self.folder)
        self.process = Process(
            f"redis-{self.port}",
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder,
             "--cluster-enabled", "yes", "--cluster-node-timeout", str(timeout_ms),
             "--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0",
             "--repl-diskless-sync-delay", "0", "--appendonly", "yes", "--appendfsync", "no",
             "--save", "", *flags],
            environment, os.path.join(folder, f"redis-{self.port}.log"))

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def redis(self):
        return redis.Redis(port=self.port)

    def answers(self):
        try:
            return self.redis.ping()
        except redis.RedisError:
            return False

    def cli(self, *argv):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *map(str, argv)], timeout=30,
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()

    @property
    def id(self):
        return self.cli("cluster", "myid")

    def info(self):
        return dict(line.split(":", 1) for line in self.cli("cluster", "info").splitlines())

    def role(self):
        return self.redis.info("replication")["role"]


class Cluster:
    """Masters that share the slots, and replicas, so many for each."""

    def __init__(self, folder, environment, masters=3, replicas=0, flags=()):
        # Nobody is to take over because the machine is busy.
        timeout_ms = 2000 if replicas else 15000
        self.nodes = [Node(folder, environment, timeout_ms, flags)
                      for _ in range(masters * (1 + replicas))]
        for node in self.nodes:
            wait_until(node.answers, 20, "a node answers")
        for i, node in enumerate(self.nodes[:masters]):
            node.cli("cluster", "addslotsrange", SLOTS * i // masters,
                     SLOTS * (i + 1) // masters - 1)
            node.cli("cluster", "set-config-epoch", i + 1)
        for node in self.nodes[1:]:
            self.nodes[0].cli("cluster", "meet", "127.0.0.1", node.port)
        wait_until(lambda: all(int(n.info()["cluster_known_nodes"]) == len(self.nodes)
                               for n in self.nodes), 20, "all nodes know each other")
        for i, node in enumerate(self.nodes[masters:]):
            self._replicate(node, self.nodes[i % masters])
        wait_until(lambda: all(n.info()["cluster_state"] == "ok" for n in self.nodes), 20,
                   "the cluster works")

    @staticmethod
    def _replicate(node, master):
        want = master.id
        wait_until(lambda: want in node.cli("cluster", "nodes"), 20, "the replica knows its master")
        node.cli("cluster", "replicate", want)
        wait_until(lambda: node.redis.info("replication").get("master_link_status") == "up", 20,
                   "the replica has its data")

    @property
    def url(self):
        """Two of them: the others are learnt."""
        return "redis+cluster://" + ",".join(n.address for n in self.nodes[:2])

    def masters(self):
        return [n for n in self.nodes if n.process.alive() and n.answers()
                and n.role() == "master"]

    def node_at(self, port):
        return next(n for n in self.nodes if n.port == port)

    def owner(self, slot, besides=None):
        """Who has the slot, as the first of the nodes says that live, and is not this one."""
        for node in self.nodes:
            if node is besides or not (node.process.alive() and node.answers()):
                continue
            for first, last, master, *_ in node.redis.execute_command("CLUSTER", "SLOTS"):
                if first <= slot <= last:
                    return self.node_at(master[1])
        return None

    def keys_of(self, node):
        return [k.decode() for k in node.redis.keys("*")]

    def begin_move(self, slot, target):
        source = self.owner(slot)
        target.cli("cluster", "setslot", slot, "importing", source.id)
        source.cli("cluster", "setslot", slot, "migrating", target.id)
        return source

    def move_keys(self, source, slot, target, keys=None):
        """Some, or all; those that have come meanwhile as well."""
        moved = 0
        while True:
            some = source.redis.execute_command("CLUSTER", "GETKEYSINSLOT", slot, keys or 10)
            if not some or (keys and moved >= keys):
                return moved
            source.redis.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS",
                                         *some)
            moved += len(some)

    def end_move(self, source, slot, target):
        """Whoever gets it hears it first."""
        for node in [target, source] + [n for n in self.masters() if n not in (source, target)]:
            node.cli("cluster", "setslot", slot, "node", target.id)

    def move(self, slot, target):
        source = self.begin_move(slot, target)
        moved = self.move_keys(source, slot, target)
        self.end_move(source, slot, target)
        return moved

    def kill(self):
        for node in self.nodes:
            node.process.kill()
