"""A system spread over several hosts, and the bad network between them.

SPDX-License-Identifier: Apache-2.0

The hosts are network namespaces of net_hosts (tests/tools), which also is the network: it
delays, loses, cuts. The test itself, its publishers and its receivers are at the "desk",
to which the network is good, so that what a test sees is the system's doing.
"""
import os
import random
import subprocess

from .curve import CurveParts
from .process import binary
from .system import Parts

DELAY_MS, LOSS_PERMILLE = 50, 10
HOSTS = ("store", "front", "east", "west")
REDIS_PORT = 6379


class Unable(Exception):
    """This machine makes no namespaces."""


class Hosts:
    def __init__(self, names=HOSTS):
        # A network that no other run has at the moment, most likely, and nobody else.
        self.network = f"10.{random.randrange(200, 250)}.{random.randrange(1, 250)}"
        self.child = subprocess.Popen(
            [binary("net_hosts"), self.network, str(DELAY_MS), str(LOSS_PERMILLE), *names],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addresses, self.paths = {"desk": self.network + ".254"}, {}
        while (line := self.child.stdout.readline().split()) != ["ready"]:
            if not line:
                raise Unable(self.child.communicate()[1].strip())
            _, name, self.addresses[name], self.paths[name] = line
        self.names = names

    def tell(self, *words):
        self.child.stdin.write(" ".join(words) + "\n")
        self.child.stdin.flush()
        assert self.child.stdout.readline() == "ok\n", self.child.poll()

    def cut(self, a, b):
        """Nothing passes either way, and nobody is told."""
        self.tell("cut", a, b)
        self.tell("cut", b, a)

    def mend(self, a, b):
        self.tell("mend", a, b)
        self.tell("mend", b, a)

    def reset(self, a, b):
        """As a firewall does that has forgotten its connections."""
        self.tell("reset", a, b)
        self.tell("reset", b, a)

    def inside(self, name, argv):
        return ["nsenter", "--net=" + self.paths[name], *argv] if name in self.paths else argv

    def connections(self, a, b):
        """What our programs on a believe to be connected with b, as ss shows it."""
        argv = self.inside(a, ["ss", "-Htnop", "state", "established", "dst", self.addresses[b]])
        out = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout
        return "".join(line + "\n" for line in out.splitlines() if '"postrider-' in line)

    def close(self):
        self.child.stdin.close()
        self.child.wait(10)


class Spread(CurveParts):
    """CURVE on every edge. Redis and console on "store", ingests on "front", routers and senders with an even
    number on "east", with an odd one on "west"."""

    def __init__(self, hosts, **options):
        self.hosts = hosts
        self.places = {"redis": "store", "console": "store", "sink": "desk"}
        flags = ("--port", str(REDIS_PORT), "--bind", hosts.addresses["store"],
                 "--protected-mode", "no")
        super().__init__(redis_flags=flags, **options)

    def place(self, name):
        if name in self.places:
            return self.places[name]
        if name.startswith("ingest"):
            return "front"
        return "west" if int(name[-1]) % 2 else "east"

    def address(self, name):
        return self.hosts.addresses[self.place(name)]

    def placed(self, name, argv):
        return self.hosts.inside(self.place(name), argv)

    # A wildcard is announced by the host's name, and here all hosts have the same.
    start_router, start_tokens = Parts.start_router, Parts.start_tokens

    def _start(self, name, service, **more):
        if service == "console":
            more["CONSOLE_SENDER_BIND"] = f"tcp://{self.address(name)}:*"
        super()._start(name, service, **more)

    def redis_url(self):
        return f"redis://{self.address('redis')}:{REDIS_PORT}"


def why_unable():
    """Why this machine has no hosts for tests; empty: it has."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        Hosts(("one",)).close()
    except Unable as error:
        return str(error)
    return ""
