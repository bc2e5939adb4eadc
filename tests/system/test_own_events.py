"""Events of our own, and webhooks that are switched off.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.scene import Scene
from harness.wait import stays, wait_until

NO_RETRY = {"delaysS": [], "jitter": 0}
DEAD, DISABLED = "delivery.dead", "webhook.disabled"


def bodies(sink, path):
    return [r.json for r in sink.requests(path)]


def wait_body(sink, path, name):
    def arrived():
        return next((b for b in bodies(sink, path) if b["eventName"] == name), None)
    return wait_until(arrived, 5, f"{name} has come to {path}")


def test_a_death_is_told(sink, project, path):
    all_events = path + "/all"
    sink.behave(path + "/bad", status=503)
    bad = project.webhook(sink.url(path + "/bad"), retry=NO_RETRY, eventNames=["emailSend"])
    project.webhook(sink.url(all_events))
    project.webhook(sink.url(path + "/told"), eventNames=[DEAD])
    event = project.publish_one()
    body = wait_body(sink, path + "/told", DEAD)
    delivery = project.delivery_of(event, bad["id"])
    fields = body.pop("dataFields")
    assert body == {"eventName": DEAD}
    assert fields.pop("deadAt") >= fields["createdAt"]
    assert fields == {
        "webhook": bad["id"], "webhookName": bad["name"], "delivery": delivery["id"],
        "event": event, "eventName": "emailSend", "attempts": 1, "lastStatus": 503,
        "lastError": "http_503", "createdAt": delivery["createdAt"]}
    # Who wants all events means those of the project.
    assert {b["eventName"] for b in bodies(sink, all_events)} == {"emailSend"}


def test_no_loop(sink, project, path):
    """The death of such a delivery is not told; nor is one that nobody waits for."""
    sink.behave(path + "/bad", status=500)
    sink.behave(path + "/told", status=500)
    project.webhook(sink.url(path + "/bad"), retry=NO_RETRY, eventNames=["emailSend"])
    project.publish_one()
    wait_until(lambda: project.deliveries(status="dead"), 5, "it is dead")
    told = project.webhook(sink.url(path + "/told"), retry=NO_RETRY, eventNames=[DEAD])
    second = project.publish_one()
    wait_until(lambda: project.deliveries(status="dead", webhook=told["id"]), 5, "so is the other")
    assert [b["dataFields"]["event"] for b in bodies(sink, path + "/told")] == [second]
    stays(lambda: len(project.deliveries(webhook=told["id"])) == 1, 1)


def test_gone_is_told(sink, project, path):
    sink.behave(path + "/gone", status=410)
    gone = project.webhook(sink.url(path + "/gone?secret=1"), eventNames=["emailSend"])
    project.webhook(sink.url(path + "/told"), eventNames=[DISABLED])
    project.publish(20)
    fields = wait_body(sink, path + "/told", DISABLED)["dataFields"]
    assert fields.pop("disabledAt").endswith("Z")
    assert fields == {"webhook": gone["id"], "name": gone["name"], "reason": "gone",
                      "url": sink.url(path + "/gone")}
    # Once, however many answered so.
    stays(lambda: len(bodies(sink, path + "/told")) == 1, 1)


@pytest.fixture
def scene():
    made = Scene(settings={"ROUTER_DISABLE_AFTER_S": "4", "ROUTER_LEASE_MS": "1000"})
    yield made
    made.close()


def test_nothing_but_failures(scene):
    """Since when is known across a router's death; a success in between counts."""
    sink, project, system = scene.sink, scene.project, scene.system
    sink.behave("/bad", status=500)
    sink.behave("/mixed", status=500, every=2)
    often = {"delaysS": [1] * 32, "jitter": 0}
    bad = project.webhook(sink.url("/bad"), retry=often, eventNames=["emailSend"])
    mixed = project.webhook(sink.url("/mixed"), retry=often, eventNames=["emailSend"])
    project.webhook(sink.url("/told"), eventNames=[DISABLED])

    def since():
        for key in system.redis.keys(f"pr:{{p*}}:stats:{bad['id'][3:]}"):
            return system.redis.hget(key, "failingSince")
        return None
    project.publish(4)
    first = wait_until(since, 5, "it fails")
    system.kill("router0")
    system.restart("router0")
    system.wait_healthy()
    seen = set()

    def ends():
        project.publish()
        seen.add(since())
        return not project.get_webhook(bad)["enabled"]
    wait_until(ends, 15, "it is disabled", poll=0.3)
    assert seen <= {first, None}
    assert project.get_webhook(bad)["disabledReason"] == "failing"
    assert project.get_webhook(mixed)["enabled"]
    fields = wait_body(sink, "/told", DISABLED)["dataFields"]
    assert (fields["webhook"], fields["reason"]) == (bad["id"], "failing")
    # Enabled again it has its time again.
    answer = project.api.patch(project.hook_path(bad), {"enabled": True})
    assert answer.status == 200, answer
    system.wait_config()
    project.publish_one()
    again = wait_until(since, 5, "it fails again")
    assert int(again) > int(first) + 4000


def test_what_was_before_a_pause_does_not_count(scene):
    """Disabled by hand, and enabled again: its time begins anew."""
    sink, project, system = scene.sink, scene.project, scene.system
    sink.behave("/bad", status=500)
    bad = project.webhook(sink.url("/bad"), retry={"delaysS": [], "jitter": 0})

    def since():
        keys = system.redis.keys(f"pr:{{p*}}:stats:{bad['id'][3:]}")
        return keys and system.redis.hget(keys[0], "failingSince")

    def patch(enabled):
        path = project.hook_path(bad)
        assert project.api.patch(path, {"enabled": enabled}).status == 200
        system.wait_config()
    project.publish_one()
    first = wait_until(since, 5, "it fails")
    patch(False)
    wait_until(lambda: not since(), 5, "it is forgotten")
    # A router that begins meanwhile knows nothing of it.
    system.kill("router0")
    system.restart("router0")
    system.wait_healthy()
    patch(True)
    assert not since()
    project.publish_one()
    again = wait_until(since, 5, "it fails again")
    assert int(again) > int(first)
