"""A batch stays what it is, whoever is killed between its tries.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.scene import Scene
from harness.wait import wait_until

SIZE = 20


class Batches(Scene):
    def __init__(self):
        super().__init__(routers=2, settings={"ROUTER_LEASE_MS": "1000",
                                              "ROUTER_STRAGGLER_MS": "500",
                                              "ROUTER_LANE_HEAD": "1"})
        # A partition that changes hands waits for what is under way.
        wait_until(lambda: set(self.system.owners().values()) == {"router0", "router1"}, 20,
                   "both routers have their partitions")

    def webhook(self, **fields):
        return self.project.webhook(self.sink.url("/all"), timeoutMs=60000,
                                    batch={"maxEvents": SIZE, "maxWaitMs": 200}, **fields)

    def publish(self, count):
        return set(self.project.publish(count))


    def kill_routers(self):
        for name in ("router0", "router1"):
            self.system.kill(name)
        for name in ("router0", "router1"):
            self.system.restart(name)

    def listed(self, status):
        return {d["event"] for d in self.project.deliveries(status=status)}

    def left(self):
        return self.system.kept("log", "held", "due", "mark", "delivery", "event", "parcel",
                                "backlog:*")


@pytest.fixture
def scene():
    made = Batches()
    yield made
    made.close()


def by_id(requests):
    found = {}
    for r in requests:
        found.setdefault(r.headers["webhook-id"], []).append(r.body)
    return found


def test_the_same_batch_again_after_a_kill(scene):
    """Routers die between the failure and the retry, and while the retry is under way."""
    scene.sink.behave("/all", status=500)
    scene.webhook(retry={"delaysS": [2, 1, 1, 1, 1, 1], "jitter": 0})
    ids = scene.publish(5 * SIZE)
    wait_until(lambda: scene.listed("waiting") == ids, 10, "all wait for their retry")
    first = by_id(scene.sink.requests("/all"))
    assert len(first) == 5
    scene.kill_routers()
    scene.sink.behave("/all", status=500, delay_ms=1500)
    wait_until(lambda: scene.sink.stats("/all")["requests"] >= 10, 20, "they are tried again")
    scene.kill_routers()
    scene.sink.behave("/all")
    wait_until(lambda: scene.left() == {}, 20, "all are delivered, and nothing is left", poll=0.1)
    every = by_id(scene.sink.requests("/all"))
    assert set(every) == set(first)
    for name, bodies in every.items():
        assert len(bodies) >= 3 and set(bodies) == set(first[name])
    assert scene.listed("delivered") == ids


def test_a_batch_under_way_for_long_is_recorded(scene):
    """It is more than what entries may stay open, so it is itself again after a kill."""
    scene.sink.behave("/all", delay_ms=60000)
    scene.webhook(retry={"delaysS": [1], "jitter": 0})
    ids = scene.publish(SIZE)
    wait_until(lambda: scene.listed("sending") == ids, 10, "it has records")
    first = by_id(scene.sink.requests("/all"))
    scene.sink.behave("/all")
    scene.kill_routers()
    wait_until(lambda: scene.left() == {}, 20, "it is delivered, and nothing is left", poll=0.1)
    every = by_id(scene.sink.requests("/all"))
    assert set(every) == set(first) and len(first) == 1
    (bodies,) = every.values()
    assert len(bodies) == 2 and len(set(bodies)) == 1


def test_senders_die_with_batches(scene):
    """What was with the sender goes to another as it was."""
    scene.sink.behave("/all", delay_ms=60000)
    scene.webhook(retry={"delaysS": [1], "jitter": 0})
    scene.publish(2 * SIZE)
    wait_until(lambda: scene.sink.stats("/all")["requests"] == 2, 10, "they are under way")
    first = by_id(scene.sink.requests("/all"))
    scene.sink.behave("/all")
    scene.system.kill("sender0")
    scene.system.restart("sender0")
    wait_until(lambda: scene.left() == {}, 20, "they are delivered", poll=0.1)
    every = by_id(scene.sink.requests("/all"))
    assert set(every) == set(first)
    assert all(len(b) == 2 and len(set(b)) == 1 for b in every.values())


def test_a_batch_spills_whole(scene):
    """What has no room in memory goes to the backlog, and comes back as it was."""
    scene.webhook(limits={"concurrency": 1, "ratePerSecond": 0},
                  retry={"delaysS": [1, 1, 1, 1], "jitter": 0})
    scene.sink.behave("/all", status=500)
    ids = scene.publish(6 * SIZE)
    wait_until(lambda: scene.listed("waiting") == ids, 10, "all wait for their retry")
    scene.sink.behave("/all", delay_ms=500)

    def spilled():
        return sum(n for key, n in scene.left().items() if ":backlog:" in key) >= SIZE
    wait_until(spilled, 10, "some are in the backlog", poll=0.01)
    wait_until(lambda: scene.left() == {}, 20, "all are delivered", poll=0.1)
    every = by_id(scene.sink.requests("/all"))
    assert len(every) == 6 and all(len(set(b)) == 1 for b in every.values())
    assert scene.listed("delivered") == ids


def publish_numbered(scene, number, count):
    """Again until it is acknowledged; the keys keep it from being taken twice."""
    batch = [scene.project.message(id=f"{number}-{k}", dataFields={"n": number * count + k})
             for k in range(count)]
    wait_until(lambda: scene.project.publisher.send(batch)["ok"], 20, "it is acknowledged")


def test_every_event_is_in_a_batch_that_got_through(scene):
    """Whoever dies, every id stands for the same events, and every event gets through."""
    scene.sink.behave("/all", status=500, every=3)
    scene.webhook(retry={"delaysS": [1] * 32, "jitter": 0.3})
    kills = {5: "router0", 10: "sender0", 15: "router1", 20: "redis"}
    for number in range(25):
        publish_numbered(scene, number, 100)
        if number in kills:
            scene.system.kill(kills[number])
            scene.system.restart(kills[number])
    wait_until(lambda: scene.left() == {}, 40, "nothing is left", poll=0.2)
    requests = scene.sink.requests("/all")
    assert all(len(set(bodies)) == 1 for bodies in by_id(requests).values())
    passed = scene.sink.ok_ids("/all")
    got = {e["dataFields"]["n"] for r in requests if r.headers["webhook-id"] in passed
           for e in r.json}
    assert got == set(range(2500))
