"""SIGKILL of console and router in the middle of a bulk replay.

SPDX-License-Identifier: Apache-2.0
"""
import threading

import pytest

from harness.scene import Scene
from harness.wait import wait_until

MANY = 20000


class Replays(Scene):
    def __init__(self):
        super().__init__(settings={"ROUTER_EVENTS_KEEP_S": "3600", "ROUTER_LEASE_MS": "1000"})

    def count(self, kind):
        return self.system.kept_of(kind)

    def waiting(self):
        return self.count("backlog:*")

    def nothing_is_left(self):
        return not self.system.kept("delivery", "event", "ref", "due", "held", "dead:*",
                                    "backlog:*")

    def replay(self, webhook, status):
        """Until all is done; how many in all."""
        path = self.project.hook_path(webhook) + "/replay"
        done, cursor = 0, None
        while True:
            answer = self.project.api.post(path, {"status": status, "cursor": cursor})
            assert answer.status == 200, answer
            done, cursor = done + answer.json["replayed"], answer.json["nextCursor"]
            if not cursor:
                return done


@pytest.fixture
def scene():
    made = Replays()
    yield made
    made.close()


def prepare(scene, status):
    """So many deliveries of one webhook, all dead or all delivered."""
    if status == "dead":
        scene.sink.behave("/hook", status=500)
    webhook = scene.project.webhook(scene.sink.url("/hook"),
                                    retry={"delaysS": [], "jitter": 0})
    events = set()
    while len(events) < MANY:
        events |= set(scene.project.publish(500))
    if status == "dead":
        wait_until(lambda: scene.count("dead:*") == MANY, 60, "all are dead")
    else:
        wait_until(lambda: scene.sink.ok_ids("/hook") == events, 60, "all are delivered")
        wait_until(lambda: scene.count("log") == 0, 20, "all are settled and kept")
    scene.sink.behave("/hook")
    return webhook, events


def test_redis_is_killed_in_the_middle(scene):
    """Whoever asked learns how far it got, and goes on from there."""
    webhook, events = prepare(scene, "dead")
    path, answers = f"{scene.project.path}/webhooks/{webhook['id']}/replay", []
    caller = threading.Thread(target=lambda: answers.append(scene.project.api.post(path, {})))
    caller.start()
    wait_until(scene.waiting, 10, "it has begun", poll=0.0005)
    scene.system.kill("redis")
    caller.join()
    assert answers[0].status == 200 and 0 < answers[0].json["replayed"] < MANY, answers
    assert answers[0].json["nextCursor"], "the replay was over: nothing is shown"
    scene.system.restart("redis")
    scene.system.wait_healthy()
    scene.replay(webhook, "dead")
    wait_until(lambda: scene.sink.ok_ids("/hook") == events, 60, "all are delivered")
    wait_until(scene.nothing_is_left, 20, "nothing is left")


@pytest.mark.parametrize("status", ["dead", "delivered"])
def test_killed_in_the_middle(scene, status):
    """None is lost, none is left over."""
    webhook, events = prepare(scene, status)
    ended = []

    def ask():
        try:
            ended.append(scene.replay(webhook, status))
        except (OSError, AssertionError, ValueError) as e:
            ended.append(e)
    caller = threading.Thread(target=ask)
    caller.start()
    wait_until(scene.waiting, 10, "it has begun", poll=0.0005)
    scene.system.kill("console")
    scene.system.kill("router0")
    caller.join()
    assert isinstance(ended[0], Exception), "the replay was over: nothing is shown"
    for name in ("console", "router0"):
        scene.system.restart(name)
    scene.system.wait_healthy()
    # What had been moved goes on by itself, and the rest is asked for again.
    assert 0 < scene.replay(webhook, status) <= MANY
    wait_until(lambda: all(r.ok and r.count >= 2 for r in scene.sink.receipts("/hook")), 60,
               "every one is delivered by the replay")
    assert scene.sink.ok_ids("/hook") == events
    wait_until(scene.nothing_is_left, 20, "nothing is left")
