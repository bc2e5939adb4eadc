"""Deliveries for which there is no access token: they wait, at no cost, and their webhook
is held back as a whole.

SPDX-License-Identifier: Apache-2.0
"""
import json
import time

import msgpack
import pytest
import zmq

from harness.fake_sender import RESULT, frame, result
from harness.held import NO_TOKEN, HeldScene
from harness.wait import stays, wait_until

ERROR = NO_TOKEN["error"]
LATER = {"delaysS": [3600, 3600], "jitter": 0}
WAIT_S = 3
CREDENTIAL = "cred_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture(scope="module")
def scene():
    made = HeldScene()
    yield made
    made.close()


@pytest.fixture(scope="module")
def impatient():
    """Where nothing waits for long."""
    made = HeldScene(ROUTER_OAUTH_WAIT_S=str(WAIT_S))
    yield made
    made.close()


def document(scene, webhook, event):
    return scene.project.delivery_of(event, webhook["id"])


# ---- one delivery ----

def test_it_waits_and_costs_nothing(scene):
    hook = scene.held(retry=LATER)
    before, count = scene.project.stats(hook), scene.metric("unauthorized_total")
    event = scene.project.publish_one()
    scene.wait_waiting(hook, [event])
    d = document(scene, hook, event)
    assert (d["lastError"], d["lastStatus"], d["tries"]) == (ERROR, None, 0)
    assert d["attempts"] == [] and d["nextAttemptAt"]
    assert len([e for e in scene.sender.events(hook) if e == event]) == 1
    stats = wait_until(lambda: (lambda s: s if s["heldSince"] else None)(
        scene.project.stats(hook)), 5, "it is shown since when")
    for field in ("delivered", "failed", "dead", "latencyMs", "failingSince"):
        assert stats[field] == before[field], field
    assert (stats["circuit"], stats["circuitReason"]) == ("open", ERROR)
    assert scene.metric("unauthorized_total") == count + 1
    wait_until(lambda: scene.metric("lanes_held") == 1, 3, "it is counted")
    scene.sender.say(hook)
    scene.patch(hook, timeoutMs=14000)
    scene.wait_delivered(hook, [event])
    assert [a["attempt"] for a in scene.attempts(hook, event)] == [1]
    stats = wait_until(lambda: (lambda s: s if not s["circuitReason"] else None)(
        scene.project.stats(hook)), 5, "it is shown no more")
    assert stats["circuit"] == "closed" and not stats["heldSince"]
    wait_until(lambda: scene.metric("lanes_held") == 0, 3, "it is counted no more")


def test_attempts_made_before_are_kept(scene):
    """Neither more nor fewer of its schedule are left."""
    hook = scene.hook(retry={"delaysS": [1, 1], "jitter": 0})
    scene.sender.say(hook, outcome="retry", status=503)
    event = scene.project.publish_one()
    wait_until(lambda: len(scene.attempts(hook, event)) == 1, 5, "it fails")
    scene.sender.say(hook, **NO_TOKEN, retry_after_ms=1000)
    wait_until(lambda: document(scene, hook, event)["lastError"] == ERROR, 5, "it waits")
    assert document(scene, hook, event)["tries"] == 1
    scene.sender.say(hook, outcome="retry", status=503)
    wait_until(lambda: document(scene, hook, event)["status"] == "dead", 15, "it is dead")
    assert [(a["attempt"], a["status"]) for a in scene.attempts(hook, event)] == [
        (1, 503), (2, 503), (3, 503)]


def test_expired_while_it_waits(scene):
    hook = scene.held()
    event = scene.project.publish_one(expiresInMs=1500)
    wait_until(lambda: document(scene, hook, event)["status"] == "dead", 3.5, "it is dead")
    d = document(scene, hook, event)
    assert (d["lastError"], d["tries"]) == ("expired", 0)


def test_the_try_before_is_listed(scene):
    """The one whose token was refused: the same attempt, and no failure."""
    hook = scene.hook()
    before = scene.project.stats(hook)
    first = frame(RESULT, result(outcome="retry", status=401, error="http_401"))
    scene.sender.say(hook, earlier=first)
    event = scene.project.publish_one()
    attempts = wait_until(lambda: (lambda a: a if len(a) == 2 else None)(
        scene.attempts(hook, event)), 5, "both are listed")
    assert [(a["attempt"], a["status"], a["outcome"], a["error"]) for a in attempts] == [
        (1, 401, "retry", "http_401"), (1, 204, "delivered", None)]
    assert attempts[0]["nextAttemptAt"] and not attempts[1]["nextAttemptAt"]
    wait_until(lambda: scene.project.stats(hook)["delivered"] == before["delivered"] + 1, 5,
               "it is counted")
    assert scene.project.stats(hook)["failed"] == before["failed"]


def test_a_try_before_that_is_no_result(scene):
    hook = scene.hook()
    for earlier in (b"x", frame(1, ["sender", "x", 1, 2]), frame(RESULT),
                    frame(RESULT, result(), result()),
                    frame(RESULT, result())[:-3]):
        count = scene.metric("malformed_total")
        scene.sender.say(hook, earlier=earlier)
        event = scene.project.publish_one()
        wait_until(lambda e=event: len(scene.attempts(hook, e)) == 1, 5, "it is delivered")
        assert scene.metric("malformed_total") == count + 1


# ---- the lane ----

def test_all_of_it_is_held_and_comes_back(scene):
    """Put off without being asked for, and back at once; another webhook notices nothing."""
    other = scene.hook()
    hook = scene.held(retry_after_ms=3000, retry=LATER)
    events = scene.project.publish(500)
    scene.wait_waiting(hook, events, 20)
    assert len(scene.sender.events(hook)) < 64 + 10
    assert {(d["lastError"], d["tries"]) for d in scene.waiting(hook)} == {(ERROR, 0)}
    scene.wait_delivered(other, events)
    later = scene.project.publish_one()
    scene.wait_delivered(other, [later], 2)
    assert later in {d["event"] for d in scene.waiting(hook)}
    scene.sender.say(hook)
    scene.wait_delivered(hook, [*events, later], 12)
    assert {t.attempt for t in scene.sender.tasks(hook)} == {1}
    assert scene.project.stats(hook)["effective"]["concurrency"] == 64


def test_probes_come_one_at_a_time_and_slower(scene):
    hook = scene.held(retry_after_ms=1000)
    scene.wait_waiting(hook, scene.project.publish(100))
    known = len(scene.sender.tasks(hook))
    wait_until(lambda: len(scene.sender.tasks(hook)) >= known + 3, 15, "it is probed three times")
    times = [t.at for t in scene.sender.tasks(hook)[known - 1:]]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert gaps[0] > 0.9 and gaps[1] > 1.8 and gaps[2] > 3.6, gaps


def test_a_probe_under_way_is_the_only_one(scene):
    hook = scene.held(retry_after_ms=1000)
    scene.wait_waiting(hook, scene.project.publish(20))
    scene.sender.keep(hook)
    known = len(scene.sender.tasks(hook))
    wait_until(lambda: len(scene.sender.tasks(hook)) == known + 1, 5, "it is probed")
    scene.project.publish(20)
    stays(lambda: len(scene.sender.tasks(hook)) == known + 1, 2)
    scene.sender.say(hook)
    assert scene.sender.release(**NO_TOKEN) == 1
    wait_until(lambda: not scene.unfinished(hook), 10, "all are delivered")


def test_a_failure_ends_it(scene):
    """The token was there: that delivery has been tried, and the others go on."""
    hook = scene.held(retry_after_ms=1000, retry=LATER)
    events = scene.project.publish(50)
    scene.wait_waiting(hook, events)
    scene.sender.keep(hook)
    known = len(scene.sender.tasks(hook))
    wait_until(lambda: len(scene.sender.tasks(hook)) == known + 1, 5, "it is probed")
    scene.sender.say(hook)
    scene.sender.release(outcome="retry", status=503)
    wait_until(lambda: len(scene.unfinished(hook)) == 1, 5, "the others are delivered")
    d, = scene.unfinished(hook)
    assert (d["status"], d["lastStatus"], d["tries"]) == ("waiting", 503, 1)


def test_what_was_under_way_does_not_end_it(scene):
    """Others had a token when they left; the next would find none again."""
    hook = scene.hook()
    scene.sender.keep(hook)
    events = scene.project.publish(10)
    wait_until(lambda: set(events) <= set(scene.sender.events(hook)), 5, "they are under way")
    scene.sender.say(hook, **NO_TOKEN, retry_after_ms=60000)
    refused = scene.project.publish_one()
    scene.wait_waiting(hook, [refused])
    scene.sender.release()
    wait_until(lambda: len(scene.unfinished(hook)) == 1, 5, "they are delivered")
    assert scene.project.stats(hook)["circuitReason"] == ERROR
    more = scene.project.publish(5)
    scene.wait_waiting(hook, [refused, *more])
    assert not set(more) & set(scene.sender.events(hook))


def test_the_feed_tells_why(scene):
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.RCVTIMEO, 10000)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SUBSCRIBE, f"webhook.{scene.project.id}".encode())
    socket.connect(scene.system.processes["router0"].env["POSTRIDER_ROUTER_FEED_BIND"])
    # A subscription takes a moment, and so does this.
    hook = scene.held(retry_after_ms=1000)

    def told():
        while True:
            body = msgpack.unpackb(socket.recv_multipart()[1])
            if body["webhook"] == hook["id"]:
                return body["state"], body["reason"]
    try:
        scene.project.publish_one()
        assert told() == ("open", ERROR)
        scene.sender.say(hook)
        assert told() == ("closed", None)
    finally:
        context.destroy(0)


# ---- what makes it worth to ask again ----

def test_another_version_of_the_webhook_goes_at_once(scene):
    hook = scene.held()
    events = scene.project.publish(100)
    scene.wait_waiting(hook, events)
    scene.sender.say(hook)
    scene.patch(hook, timeoutMs=14000)
    scene.wait_delivered(hook, events, 5)


def test_a_late_word_of_the_version_before(scene):
    """It says nothing of the token that is needed now."""
    hook = scene.hook()
    scene.sender.keep(hook)
    events = scene.project.publish(10)
    wait_until(lambda: set(events) <= set(scene.sender.events(hook)), 5, "they are under way")
    version = scene.patch(hook, timeoutMs=14000)["version"]
    scene.sender.say(hook)
    scene.wait_known(hook, version)
    assert scene.sender.release(**NO_TOKEN, retry_after_ms=60000) == 10
    wait_until(lambda: not scene.unfinished(hook), 5, "all are delivered at once")


def test_a_repaired_credential_is_asked_for_at_once(scene):
    hook = scene.hook()
    scene.take_token_of(hook, CREDENTIAL)
    scene.sender.say(hook, **NO_TOKEN, retry_after_ms=60000)
    events = scene.project.publish(100)
    scene.wait_waiting(hook, events)
    scene.sender.say(hook)
    scene.change(CREDENTIAL[:-1] + "0", 1)
    stays(lambda: len(scene.waiting(hook)) == 100, 1.5)
    scene.change(CREDENTIAL, 1)
    scene.wait_delivered(hook, events, 5)


def test_switched_off_and_on(scene):
    hook = scene.held()
    events = scene.project.publish(50)
    scene.wait_waiting(hook, events)
    scene.sender.say(hook)
    scene.patch(hook, enabled=False)
    stays(lambda: len(scene.waiting(hook)) == 50, 1)
    scene.patch(hook, enabled=True)
    scene.wait_delivered(hook, events)


def test_deleted(scene):
    hook = scene.held()
    scene.wait_waiting(hook, scene.project.publish(50))
    path = scene.project.hook_path(hook)
    assert scene.project.api.delete(path).status in (200, 204)
    def is_gone():
        return not any(key.endswith(hook["id"][3:])
                       for key in scene.system.kept("stats:*", "putoff:*", "backlog:*"))
    wait_until(is_gone, 20, "nothing of it is left", poll=0.2)


# ---- with all that a delivery can be ----

def test_the_order_of_keys_is_kept(scene):
    hook = scene.held(retry_after_ms=2000, ordering="key")
    events = {key: [scene.project.publish_one(orderingKey=key) for _ in range(8)]
              for key in ("a", "b", "c")}
    flat = [e for some in events.values() for e in some]
    wait_until(lambda: {d["event"] for d in scene.waiting(hook)} ==
               {some[0] for some in events.values()}, 10, "the first of each key wait")
    asked = len(scene.sender.events(hook))
    scene.sender.say(hook)
    scene.wait_delivered(hook, flat)
    order = scene.sender.events(hook)[asked:]
    for some in events.values():
        assert [e for e in order if e in some] == some


def test_batches_wait_together(scene):
    hook = scene.held(retry_after_ms=2000, batch={"maxEvents": 10, "maxWaitMs": 300})
    events = scene.project.publish(30)
    scene.wait_waiting(hook, events)
    assert {(d["lastError"], d["tries"]) for d in scene.waiting(hook)} == {(ERROR, 0)}
    scene.sender.say(hook)
    asked = len(scene.sender.tasks(hook))
    wait_until(lambda: len(scene.bodies(hook, asked)) == 30 and not scene.unfinished(hook), 10,
               "all are delivered")
    assert len(scene.sender.tasks(hook)) < asked + 10


def test_cancelled_while_it_waits(scene):
    hook = scene.held(retry_after_ms=2000)
    events = scene.project.publish(20)
    scene.wait_waiting(hook, events)
    asked = set(scene.sender.events(hook))
    one = document(scene, hook, events[-1])
    path = f"{scene.project.path}/deliveries/{one['id']}/cancel"
    assert scene.project.api.post(path).status == 200
    scene.sender.say(hook)
    wait_until(lambda: len(scene.unfinished(hook)) == 1, 10, "the others are delivered")
    assert scene.unfinished(hook)[0]["lastError"] == "cancelled"
    assert events[-1] in asked or events[-1] not in scene.sender.events(hook)


def test_retried_by_hand_while_it_is_held(scene):
    """Put off again; and one that is dead waits with the others."""
    hook = scene.hook(retry={"delaysS": [], "jitter": 0})
    scene.sender.say(hook, outcome="dead", status=400)
    dead = scene.project.publish_one()
    wait_until(lambda: document(scene, hook, dead)["status"] == "dead", 5, "it is dead")
    scene.sender.say(hook, **NO_TOKEN, retry_after_ms=60000)
    events = scene.project.publish(10)
    scene.wait_waiting(hook, events)
    asked = len(scene.sender.tasks(hook))
    for event in (events[0], dead):
        path = f"{scene.project.path}/deliveries/{document(scene, hook, event)['id']}/retry"
        assert scene.project.api.post(path).status == 200
    wait_until(lambda: {(d["event"], d["lastError"], d["tries"]) for d in scene.waiting(hook)} ==
               {(e, ERROR, 0) for e in (*events, dead)}, 10, "all wait")
    assert len(scene.sender.tasks(hook)) == asked
    scene.sender.say(hook)
    scene.patch(hook, timeoutMs=14000)
    scene.wait_delivered(hook, [*events, dead])


def test_replayed_while_it_is_held(scene):
    hook = scene.hook(retry={"delaysS": [], "jitter": 0})
    scene.sender.say(hook, outcome="dead", status=400)
    dead = scene.project.publish(600)
    wait_until(lambda: scene.project.stats(hook)["deadKept"] == 600, 20, "all are dead")
    scene.sender.say(hook, **NO_TOKEN, retry_after_ms=60000)
    events = scene.project.publish(600)
    scene.wait_waiting(hook, events)
    asked, count = len(scene.sender.tasks(hook)), scene.metric("put_off_total")
    answer = scene.project.api.post(scene.project.hook_path(hook) + "/replay", {})
    assert answer.json["replayed"] == 600, answer
    scene.make_due()
    wait_until(lambda: scene.metric("put_off_total") >= count + 600, 15,
               "those that wait are looked at again")
    scene.wait_waiting(hook, events)
    assert {(d["lastError"], d["tries"]) for d in scene.waiting(hook)} == {(ERROR, 0)}
    assert scene.project.stats(hook)["backlog"] == 600
    assert len(scene.sender.tasks(hook)) == asked
    scene.sender.say(hook)
    scene.patch(hook, timeoutMs=14000)
    wait_until(lambda: not scene.unfinished(hook), 20, "all are delivered")
    assert {*dead, *events} <= set(scene.sender.events(hook)[asked:])


# ---- for too long ----

def test_nothing_waits_for_ever(impatient):
    """After a while it uses up its schedule, without having been tried."""
    scene = impatient
    hook = scene.held(retry_after_ms=1000, retry={"delaysS": [1, 2], "jitter": 0})
    begun = time.monotonic()
    event = scene.project.publish_one()
    scene.wait_waiting(hook, [event])
    d = document(scene, hook, event)
    assert d["tries"] == 0 and d["attempts"] == []
    wait_until(lambda: document(scene, hook, event)["status"] == "dead", 30, "it is dead")
    assert time.monotonic() - begun > WAIT_S + 1 + 2
    d = document(scene, hook, event)
    assert (d["lastError"], d["lastStatus"], d["tries"]) == (ERROR, None, 3)
    assert [(a["attempt"], a["outcome"], a["status"], a["error"]) for a in d["attempts"]] == [
        (1, "retry", None, ERROR), (2, "retry", None, ERROR), (3, "dead", None, ERROR)]
    wait_until(lambda: scene.project.stats(hook)["dead"] == 1, 5, "it is counted")
    stats = scene.project.stats(hook)
    assert (stats["failed"], stats["failingSince"]) == (0, None)
    assert scene.project.get_webhook(hook)["enabled"]


def test_probes_use_up_no_step_before_its_time(impatient):
    """However often a lane with one delivery asks for a token."""
    scene = impatient
    hook = scene.hook(retry=LATER)
    scene.take_token_of(hook, CREDENTIAL)
    scene.sender.say(hook, **NO_TOKEN, retry_after_ms=1000)
    event = scene.project.publish_one()
    wait_until(lambda: document(scene, hook, event)["tries"] == 1, 20, "a step is used up")
    for version in range(1, 4):
        asked = len(scene.sender.tasks(hook))
        scene.change(CREDENTIAL, version)
        wait_until(lambda n=asked: len(scene.sender.tasks(hook)) > n, 5, "it is asked for again")
    wait_until(lambda: document(scene, hook, event)["status"] == "waiting", 5, "it waits")
    assert document(scene, hook, event)["tries"] == 1
    scene.sender.say(hook)
    scene.change(CREDENTIAL, 9)
    wait_until(lambda: [(a["attempt"], a["outcome"]) for a in scene.attempts(hook, event)] ==
               [(1, "retry"), (2, "delivered")], 10, "it is delivered")
