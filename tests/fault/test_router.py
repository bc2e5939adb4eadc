"""Receivers that hang, large bodies and many webhooks: nobody else waits, and nothing
is left lying.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.process import Process, binary, free_port
from harness.scene import Scene
from harness.wait import stays, wait_until

HANGS = {"limits": {"concurrency": 1, "ratePerSecond": 0},
         "retry": {"delaysS": [3600], "jitter": 0}, "timeoutMs": 30000}


class Hanging(Scene):
    def __init__(self):
        super().__init__(settings={"PARTITIONS": "2", "ROUTER_STRAGGLER_MS": "500",
                                   "ROUTER_LEASE_MS": "1000"})
        self.sink.behave("/hangs", delay_ms=60000)

    def hanging(self, count, **fields):
        for i in range(count):
            self.project.webhook(self.sink.url("/hangs"), wait=i == count - 1, **HANGS, **fields)

    def records(self):
        return self.system.kept_of("delivery")

    def bodies(self):
        return self.system.kept_of("event")


@pytest.fixture
def scene():
    made = Hanging()
    yield made
    made.close()


def test_what_was_spilled_last_is_delivered(scene):
    """What a slow webhook's queue has put aside comes back without anything new."""
    scene.sink.behave("/slow", delay_ms=400)
    scene.project.webhook(scene.sink.url("/slow"), limits=HANGS["limits"])
    ids = set(scene.project.publish(6))
    wait_until(lambda: scene.records() > 0, 5, "some of them become records")
    wait_until(lambda: scene.sink.ok_ids("/slow") == ids, 10, "all are delivered")
    wait_until(lambda: scene.records() + scene.bodies() == 0, 5, "Redis is empty")


def test_a_large_event_for_many_that_hang(scene):
    """One body in a flush and in Redis, not one for each webhook."""
    scene.hanging(330)
    scene.project.publish_one(dataFields={"x": "y" * 900000})
    wait_until(lambda: scene.records() == 330, 10, "all of them become records")
    assert scene.bodies() == 1
    stays(scene.system.processes["router0"].alive, 2)


@pytest.mark.parametrize("hooks, events, size", [(1, 200, 200000), (60, 3, 900000)])
def test_others_do_not_wait_for_those_that_hang(scene, hooks, events, size):
    scene.hanging(hooks, eventNames=["big"])
    scene.project.webhook(scene.sink.url("/good"), eventNames=["small"])
    for _ in range(events):
        scene.project.publish_one(eventName="big", dataFields={"x": "y" * size})

    def delivered():
        event = scene.project.publish_one(eventName="small")
        wait_until(lambda: event in scene.sink.ok_ids("/good"), 5, "it is delivered", poll=0.02)
        return True
    # While its entries are in memory, while they become records, and after that.
    stays(delivered, 4, poll=0.2)


def test_an_event_named_twice_comes_once(scene):
    scene.project.webhook(scene.sink.url("/twice"), eventNames=["a", "a"])
    ids = set(scene.project.publish(5, eventName="a"))
    wait_until(lambda: scene.sink.ok_ids("/twice") == ids, 5, "they are delivered")
    wait_until(lambda: not sum(scene.system.redis.xlen(k)
                               for k in scene.system.redis.keys("pr:{p*}:log")), 5, "settled")
    assert scene.sink.stats("/twice")["requests"] == 5


def test_those_that_hang_do_not_take_every_sender(scene):
    """However many there are, a part of what the senders may have stays free."""
    limits = {"concurrency": 64, "ratePerSecond": 0}
    for i in range(20):
        scene.project.webhook(scene.sink.url("/hangs"), wait=i == 19, eventNames=["big"],
                              **{**HANGS, "limits": limits})
    scene.project.webhook(scene.sink.url("/good"), eventNames=["small"])
    scene.project.publish(70, eventName="big")
    wait_until(lambda: scene.sink.stats()["open"] > 900, 10, "they hold most of the senders")
    ids = set(scene.project.publish(20, eventName="small"))
    wait_until(lambda: ids <= scene.sink.ok_ids("/good"), 5, "the others are delivered")


def test_redis_goes_while_receivers_hang(scene):
    """What Redis gave out and nobody heard is asked for anew, soon and for all."""
    system, sink = scene.system, scene.sink
    scene.hanging(2, eventNames=["big"])
    sink.behave("/flaky", status=500, tries=1)
    scene.project.webhook(sink.url("/flaky"), eventNames=["small"],
                          retry={"delaysS": [1] * 5, "jitter": 0})
    scene.project.publish_one(eventName="big")
    ids = set(scene.project.publish(50, eventName="small"))
    wait_until(lambda: sink.stats("/hangs")["requests"] == 2 and ids <= sink.ids("/flaky"), 5,
               "they are under way")
    system.pause("redis")
    stays(lambda: True, 1.5)  # the retries are due by now, and asked for
    system.kill("redis")
    system.restart("redis")
    wait_until(lambda: ids <= sink.ok_ids("/flaky"), 10, "the retries are made")
    ids = set(scene.project.publish(5, eventName="small"))
    wait_until(lambda: ids <= sink.ok_ids("/flaky"), 5, "new ones are delivered")


def test_two_routers_of_one_name(scene):
    """One of them goes; both together would repeat without end."""
    system = scene.system
    endpoint = lambda: f"tcp://127.0.0.1:{free_port()}"  # noqa: E731
    twin = Process("twin", [binary("postrider-router")], system.environment(
        INSTANCE="router0", ROUTER_LEASE_MS="500", ROUTER_SENDER_BIND=endpoint(),
        ROUTER_INGEST_BIND=endpoint(), ROUTER_FEED_BIND=endpoint(),
        ROUTER_ADMIN_BIND=f"127.0.0.1:{free_port()}"),
        system.folder + "/twin.log")
    system.processes["twin"] = twin
    pair = [twin, system.processes["router0"]]
    wait_until(lambda: not all(p.alive() for p in pair), 30, "one of them goes")
    assert {p.child.returncode for p in pair} & {2}
