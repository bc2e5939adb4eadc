"""SIGKILL of the router, and of Redis, while deliveries wait for an access token.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.held import NO_TOKEN, HeldScene
from harness.wait import wait_until

MANY = 3000
KILLS = 4
LATER = {"delaysS": [3600], "jitter": 0}


@pytest.fixture
def scene():
    made = HeldScene()
    yield made
    made.close()


def publish(scene, count):
    events = []
    while len(events) < count:
        events += scene.project.publish(500)
    return events


def since(scene, webhook):
    return scene.project.stats(webhook)["heldSince"]


def test_none_is_lost_and_none_has_cost_anything(scene):
    hook = scene.held(retry_after_ms=1000, retry=LATER)
    events = set(publish(scene, MANY))
    begun = wait_until(lambda: since(scene, hook), 10, "it is held")
    for i in range(KILLS):
        asked = len(scene.sender.tasks(hook))
        scene.system.kill_and_restart("router0", *(["redis"] if i % 2 else []))
        wait_until(lambda n=asked: len(scene.sender.tasks(hook)) > n, 15, "it is asked for again")
    waiting = wait_until(lambda: (lambda w: w if {d["event"] for d in w} == events else None)(
        scene.unfinished(hook)), 30, "all are there", poll=0.3)
    assert {d["tries"] for d in waiting} == {0}
    assert all(d["status"] != "dead" for d in waiting)
    assert since(scene, hook) == begun, "it is held for longer than this router knows"
    scene.sender.say(hook)
    asked = len(scene.sender.tasks(hook))
    wait_until(lambda: events <= set(scene.sender.events(hook)[asked:]), 60, "all are delivered")
    assert {t.attempt for t in scene.sender.tasks(hook)} == {1}
    wait_until(lambda: not scene.system.kept("delivery", "event", "ref", "due", "held",
                                             "putoff:*", "putoffs", "backlog:*"), 20,
               "nothing is left")


def test_it_begins_anew_after_a_token(scene):
    """What an earlier router has noted ends with the first token that a later one has."""
    hook = scene.held(retry_after_ms=60000, retry=LATER)
    first = scene.project.publish_one()
    begun = wait_until(lambda: since(scene, hook), 10, "it is held")
    scene.system.kill("router0")
    scene.sender.say(hook)
    scene.system.restart("router0")
    scene.system.wait_healthy()
    scene.wait_delivered(hook, [first], 20)
    wait_until(lambda: not since(scene, hook), 5, "it is held no more")
    scene.sender.say(hook, **NO_TOKEN)
    scene.project.publish_one()
    assert wait_until(lambda: since(scene, hook), 5, "it is held again") > begun
