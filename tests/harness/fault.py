"""The stage of a fault test: a loaded system, its receivers, and the invariant.

SPDX-License-Identifier: Apache-2.0

Every acknowledged event is wanted by four webhooks:
    /ok     answers at once
    /flaky  fails every seventh request, and is tried again
    /dead   fails always, no retry (only for "rare" events)
    /waits  fails always, next try in an hour (only for "rare" events)
so that at the end each must be found received twice, dead once and waiting once.
"""
import os
import time

from .load import Load
from .sink import Sink
from .system import Parts
from .wait import wait_until

LEASE_MS = 2000
SETTLE_S = 90
RATE = float(os.environ.get("POSTRIDER_FAULT_RATE", "300"))


class Stage:
    def __init__(self, routers=2, senders=2, **options):
        settings = {"ROUTER_LEASE_MS": str(LEASE_MS), "DRAIN_MS": "5000"}
        self.system = Parts(routers=routers, senders=senders, settings=settings, **options)
        self.sink = Sink(self.system.folder)
        self.project = self.system.project()
        self.project.wait_known()
        self.load = None
        self.repeats = 0
        self.kills = 0
        self._webhooks()
        self._start_load()

    def _webhooks(self):
        self.sink.behave("/flaky", status=500, every=7)
        self.sink.behave("/dead", status=500)
        self.sink.behave("/waits", status=500)
        often = {"delaysS": [1] * 32, "jitter": 0.2}
        self.ok = self.project.webhook(self.sink.url("/ok"), retry=often)
        self.flaky = self.project.webhook(self.sink.url("/flaky"), retry=often)
        self.dead = self.project.webhook(self.sink.url("/dead"), eventNames=["rare"],
                                         retry={"delaysS": [], "jitter": 0})
        self.waits = self.project.webhook(self.sink.url("/waits"), eventNames=["rare"],
                                          retry={"delaysS": [3600], "jitter": 0})

    def _start_load(self):
        self.load = Load([self.system.publish_endpoint], self.project.id, RATE,
                         os.path.join(self.system.folder, "acknowledged"))
        self.progress("the load has begun")

    def received(self):
        return self.sink.stats("/ok")["requests"]

    def progress(self, what, timeout=60):
        """Waits until events are acknowledged and delivered again."""
        acknowledged, received = self.load.count(), self.received()
        wait_until(lambda: self.load.count() > acknowledged, timeout,
                   f"{what}: events are acknowledged")
        wait_until(lambda: self.received() > received + 50, timeout,
                   f"{what}: events are delivered")

    def strike(self, *names):
        """Kills them at once and starts them again, as a supervisor would."""
        for name in names:
            self.system.processes[name].child.kill()
        for name in names:
            self.system.processes[name].child.wait(10)
            self.kills += 1
        for name in sorted(names, key=lambda n: n != "redis"):
            self.system.restart(name)

    def strike_and_recover(self, *names):
        start = time.monotonic()
        self.strike(*names)
        self.system.wait_healthy()
        self.progress(f"after the kill of {', '.join(names)}")
        print(f"killed {', '.join(names)}: flows again after {time.monotonic() - start:.1f} s")

    def _missing(self, path, wanted):
        return wanted - self.sink.ok_ids(path)

    def _listed(self, webhook, status):
        return {d["eventId"] for d in self.project.deliveries(webhook=webhook["id"],
                                                              status=status)}

    def check(self):
        """Stops the load; then every acknowledged id is where it must be."""
        self.load.stop()
        acknowledged = self.load.acknowledged()
        everything = set(acknowledged)
        rare = {i for i, name in acknowledged.items() if name == "rare"}
        assert len(everything) > 100 and rare, "too little load to prove anything"
        self._wait_settled(everything, rare)
        self._count_repeats()
        print(f"{len(everything)} acknowledged, {self.kills} kills, {self.repeats} repeats, "
              f"load: {self.load.stats()}")

    def _wait_settled(self, everything, rare):
        for path in ("/ok", "/flaky"):
            wait_until(lambda path=path: not self._missing(path, everything), SETTLE_S,
                       f"every acknowledged event is received on {path}", poll=0.3)
        for webhook, status in ((self.dead, "dead"), (self.waits, "waiting")):
            def all_listed(webhook=webhook, status=status):
                return not rare - self._listed(webhook, status)
            wait_until(all_listed, SETTLE_S, f"every rare event is listed as {status}", poll=0.5)
        wait_until(lambda: self.left_in_redis() == {}, SETTLE_S,
                   "nothing else remains in Redis", poll=0.3)

    def left_in_redis(self):
        """What is neither dead nor waiting: it must all go away."""
        r, left = self.system.redis, {}
        for pattern, size in (("pr:{p*}:log", r.xlen), ("pr:{p*}:held", r.zcard),
                              ("pr:{p*}:backlog:*", r.zcard), ("pr:{p*}:mark", r.hlen)):
            for key in r.scan_iter(match=pattern, count=1000):
                if size(key):
                    left[key.decode()] = size(key)
        return left

    def _count_repeats(self):
        """Requests beyond the one success: on /ok each is a repeat."""
        self.repeats = sum(r.count - 1 for r in self.sink.receipts("/ok"))
        self.repeats += sum(r.ok - 1 for r in self.sink.receipts("/flaky"))

    def finish(self, failed):
        self.load.kill()
        self.project.close()
        try:
            self.system.close(remove=not failed)
        finally:
            self.sink.stop()
