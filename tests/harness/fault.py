"""The stage of a fault test: a loaded system, its receivers, and the invariant.

SPDX-License-Identifier: Apache-2.0

There are several projects, so that every partition's router has work. Of each
project every acknowledged event is wanted by four webhooks:
    /ok     answers after 20 ms, so that much is under way at every moment
    /flaky  fails every seventh request, and is tried again
    /dead   fails always, no retry (only for "rare" events)
    /waits  fails always, next try in an hour (only for "rare" events)
so that at the end each must be found received twice, dead once and waiting once.
"""
import os
import time

from .load import PATIENCE_S, Load
from .sink import Sink
from .system import PARTITIONS, Parts
from .wait import Timeout, wait_until

LEASE_MS = 2000
SETTLE_S = 90
PROJECTS = 5
RATE = float(os.environ.get("POSTRIDER_FAULT_RATE", "1000"))


class Track:
    """One project of the load, and its four webhooks."""

    def __init__(self, stage, number):
        self.stage, self.sink = stage, stage.sink
        self.project = stage.system.project(f"load{number}")
        self.ok, self.flaky = f"/ok/{number}", f"/flaky/{number}"
        self.sink.behave(self.ok, delay_ms=20)
        self.sink.behave(self.flaky, status=500, every=7)
        self.sink.behave("/dead", status=500)
        self.sink.behave("/waits", status=500)
        often = {"delaysS": [1] * 32, "jitter": 0.2}
        self.project.wait_known()
        self.project.webhook(self.sink.url(self.ok), retry=often)
        self.project.webhook(self.sink.url(self.flaky), retry=often)
        self.dead = self.project.webhook(self.sink.url("/dead"), eventNames=["rare"],
                                         retry={"delaysS": [], "jitter": 0})
        self.waits = self.project.webhook(self.sink.url("/waits"), eventNames=["rare"],
                                          retry={"delaysS": [3600], "jitter": 0})

    def received(self):
        return self.sink.stats(self.ok)["requests"]

    def _listed(self, webhook, status):
        return {d["event"] for d in self.project.deliveries(webhook=webhook["id"],
                                                            status=status)}

    def wait_settled(self, acknowledged):
        """acknowledged: {id: event name} of this project."""
        everything = set(acknowledged)
        rare = {i for i, name in acknowledged.items() if name == "rare"}
        assert len(everything) > 50 and rare, "too little load to prove anything"
        for path in (self.ok, self.flaky):
            wait_until(lambda path=path: not everything - self.sink.ok_ids(path), SETTLE_S,
                       f"every acknowledged event is received on {path}", poll=0.3)
        for webhook, status in ((self.dead, "dead"), (self.waits, "waiting")):
            def all_listed(webhook=webhook, status=status):
                return not rare - self._listed(webhook, status)
            try:
                wait_until(all_listed, SETTLE_S, f"every rare event is listed as {status}", poll=0.5)
            except Timeout as late:
                missing = sorted(rare - self._listed(webhook, status))
                raise AssertionError(self._found(missing[:3])) from late

    def _found(self, events):
        """What there is of them, for whoever reads that they are missing."""
        return [self.project.api.get(f"{self.project.path}/events/{i}").json for i in events]

    def repeats(self):
        """Requests beyond the one success: on /ok each is a repeat."""
        return sum(r.count - 1 for r in self.sink.receipts(self.ok)) + \
            sum(max(r.ok - 1, 0) for r in self.sink.receipts(self.flaky))


class Stage:
    """kind: of the system. endpoints: of what ingests the load goes to, by turns."""

    def __init__(self, kind=Parts, rate=RATE, patience=PATIENCE_S, projects=PROJECTS,
                 endpoints=None, settings=None, **options):
        settings = {"ROUTER_LEASE_MS": str(LEASE_MS), "DRAIN_MS": "5000", **(settings or {})}
        self.load, self.sink, self.tracks = None, None, []
        self.repeats = self.repeats_before = 0
        self.kills = self.loads = 0
        self.rate, self.patience = rate, patience
        self.system = kind(settings=settings, **{"routers": 2, "senders": 2, **options})
        self.endpoints = endpoints or (lambda system: [system.publish_endpoint])
        try:
            self.sink = Sink(self.system.folder, host=self.system.address("sink"))
            self.tracks = [Track(self, i) for i in range(projects)]
            self.begin()
        except BaseException:
            print(self.system.logs())
            self.finish(True)
            raise

    def begin(self):
        """A new load, whose events check() is about."""
        self.loads += 1
        self.repeats_before = sum(t.repeats() for t in self.tracks)
        self.load = Load(self.endpoints(self.system), [t.project.id for t in self.tracks],
                         self.rate, os.path.join(self.system.folder, f"acknowledged{self.loads}"),
                         self.patience, self.system.load_keys())
        self.progress("the load has begun")

    def owners_are(self, names):
        """Every partition has an owner, and each of these has some."""
        owners = self.system.owners()
        return len(owners) == PARTITIONS and set(owners.values()) == set(names)

    def progress(self, what, deliveries=20, timeout=60):
        """Waits until events of every project are acknowledged and delivered."""
        acknowledged = self.load.count()
        received = [t.received() for t in self.tracks]
        wait_until(lambda: self.load.count() > acknowledged, timeout,
                   f"{what}: events are acknowledged")
        for track, before in zip(self.tracks, received):
            wait_until(lambda track=track, before=before:
                       track.received() > before + deliveries, timeout,
                       f"{what}: events of {track.project.id} are delivered")

    def strike(self, *names):
        """Kills them at once and starts them again, as a supervisor would."""
        for name in names:
            self.system.processes[name].child.kill()
        for name in names:
            self.system.processes[name].child.wait(10)
            self.kills += 1
        for name in sorted(names, key=lambda n: n != "redis"):
            self.system.restart(name)

    def strike_and_recover(self, names, deliveries=20):
        start = time.monotonic()
        self.strike(*names)
        self.system.wait_healthy()
        self.progress(f"after the kill of {', '.join(names)}", deliveries)
        print(f"killed {', '.join(names)}: flows again after {time.monotonic() - start:.1f} s")

    def check(self):
        """Stops the load; then every acknowledged id is where it must be."""
        self.load.stop()
        load, self.load = self.load, None
        total = 0
        for track in self.tracks:
            acknowledged = load.acknowledged(track.project.id)
            track.wait_settled(acknowledged)
            total += len(acknowledged)
        wait_until(lambda: self.left_in_redis() == {}, SETTLE_S,
                   "nothing else remains in Redis", poll=0.3)
        self.repeats = sum(t.repeats() for t in self.tracks) - self.repeats_before
        print(f"{total} acknowledged, {self.kills} kills, {self.repeats} repeats, "
              f"load: {load.stats()}")

    def left_in_redis(self):
        """What is neither dead nor waiting: it must all go away."""
        return self.system.kept("log", "held", "backlog:*", "mark")

    def finish(self, failed):
        if self.load:
            self.load.kill()
        for track in self.tracks:
            track.project.close()
        try:
            self.system.close(remove=not failed)
        finally:
            if self.sink:
                self.sink.stop()
