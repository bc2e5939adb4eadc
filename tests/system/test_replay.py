"""Replay in bulk, and what it must not do to others.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
from datetime import datetime, timezone

import pytest

from harness.system import ADMIN_KEY, Parts
from harness.wait import wait_until

NO_RETRY = {"delaysS": [], "jitter": 0}
MANY = 20000


@pytest.fixture(scope="module")
def system():
    """Its own, for it keeps settled events."""
    parts = Parts(settings={"ROUTER_EVENTS_KEEP_S": "3600"})
    yield parts
    parts.close()


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pause():
    """A time between what came before and what comes after: they are whole milliseconds,
    and both ends of a stretch belong to it."""
    before = now()
    wait_until(lambda: now() > before, 1, "one has passed", poll=0.001)
    t = now()
    wait_until(lambda: now() > t, 1, "another one has passed", poll=0.001)
    return t


def replay(project, webhook, **body):
    answer = project.api.post(project.hook_path(webhook) + "/replay", body)
    assert answer.status == 200, answer
    return answer.json


def card(system, webhook, kind):
    return system.kept_of(f"{kind}:{webhook['id'][3:]}")


def wait_settled(system):
    wait_until(lambda: not system.kept("log"), 10, "nothing is in the log")


def records(system):
    return {kind: system.kept_of(kind) for kind in ("delivery", "event", "ref")}


def publish_many(project, count, **fields):
    events = []
    while len(events) < count:
        events += project.publish(min(500, count - len(events)), **fields)
    return set(events)


def make_dead(project, sink, path, count, **fields):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), retry=NO_RETRY)
    events = publish_many(project, count, **fields)
    wait_until(lambda: card(project.system, webhook, "dead") == count, 60, "all are dead")
    return webhook, events


def dead_events(project, webhook):
    return {d["event"] for d in project.deliveries(status="dead", webhook=webhook["id"])}


def test_dead_by_name_and_time(sink, project, path):
    webhook, early = make_dead(project, sink, path, 3, eventName="emailSend")
    between = pause()
    late = set(project.publish(3, eventName="emailOpen"))
    other = set(project.publish(3, eventName="emailClick"))
    wait_until(lambda: card(project.system, webhook, "dead") == 9, 10, "all are dead")
    sink.behave(path)
    assert replay(project, webhook, until=between, eventName="emailOpen")["replayed"] == 0
    answer = replay(project, webhook, since=between, eventName=["emailOpen", "emailSend"])
    assert answer == {"replayed": 3, "nextCursor": None}
    wait_until(lambda: sink.ok_ids(path) == late, 10, "those, and no others")
    assert dead_events(project, webhook) == early | other
    assert replay(project, webhook, until=between)["replayed"] == 3
    wait_until(lambda: sink.ok_ids(path) == late | early, 10, "the early ones")
    assert dead_events(project, webhook) == other


def test_cursor(sink, project, path):
    """With it every one has its turn once; what is left out is not looked at again."""
    webhook, _ = make_dead(project, sink, path, 40, eventName="emailSend")
    wanted = set(project.publish(60, eventName="emailOpen"))
    wait_until(lambda: card(project.system, webhook, "dead") == 100, 10, "all are dead")
    sink.behave(path)
    cursor, counts = None, []
    while cursor or not counts:
        answer = replay(project, webhook, eventName="emailOpen", limit=25, cursor=cursor)
        counts.append(answer["replayed"])
        cursor = answer["nextCursor"]
        assert len(counts) < 10
    assert sum(counts) == 60 and max(counts) == 25
    wait_until(lambda: sink.ok_ids(path) == wanted, 10, "all sixty")


@pytest.mark.parametrize("body, field", [
    ({"status": "waiting"}, "status"), ({"since": "yesterday"}, "since"),
    ({"until": 5}, "until"), ({"eventName": []}, "eventName"), ({"eventName": [1]}, "eventName"),
    ({"eventName": "x" * 200}, "eventName"), ({"limit": 0}, "limit"),
    ({"cursor": "2:1"}, "cursor"), ({"cursor": "0:1::0"}, "cursor"),
    ({"cursor": "2:1:x:0"}, "cursor"), ({"cursor": "9:1::0"}, "cursor"),
    ({"cursor": "2:1:5-1:0"}, "cursor"), ({"colour": "red"}, "colour"),
])
def test_bad_requests(sink, project, path, body, field):
    webhook = project.webhook(sink.url(path))
    answer = project.api.post(project.hook_path(webhook) + "/replay", body)
    assert answer.status == 400 and answer.json["field"] == field, answer


def test_a_caller_that_goes_away(system, sink, project, path):
    """The request goes on without it."""
    webhook, events = make_dead(project, sink, path, 3000)
    sink.behave(path)
    caller = http.client.HTTPConnection("127.0.0.1", system.ports["console"])
    caller.request("POST", project.hook_path(webhook) + "/replay", "{}",
                   {"Authorization": "Bearer " + ADMIN_KEY})
    caller.close()
    wait_until(lambda: sink.ok_ids(path) == events, 20, "all have been delivered")
    assert card(system, webhook, "dead") == card(system, webhook, "backlog") == 0


def test_disabled_webhook(sink, project, path):
    webhook, events = make_dead(project, sink, path, 3)
    sink.behave(path)
    assert project.api.patch(project.hook_path(webhook), {"enabled": False}).status == 200
    answer = project.api.post(project.hook_path(webhook) + "/replay", {})
    assert answer.status == 409 and "disabled" in answer.json["detail"], answer
    assert dead_events(project, webhook) == events
    assert project.api.patch(project.hook_path(webhook), {"enabled": True}).status == 200
    assert replay(project, webhook)["replayed"] == 3
    wait_until(lambda: sink.ok_ids(path) == events, 10, "all have been delivered")


def test_live_traffic_goes_on(system, sink, project, path):
    """While 20,000 are replayed, what is published then arrives before they all have,
    at the same webhook and at another one."""
    webhook, events = make_dead(project, sink, path, MANY)
    project.webhook(sink.url(path + "/other"), eventNames=["emailOpen"])
    sink.behave(path, delay_ms=50)
    assert replay(project, webhook)["replayed"] == MANY
    wait_until(lambda: sink.stats(path)["requests"] > MANY, 10, "it has begun")
    live = set(project.publish(20, eventName="emailOpen"))
    wait_until(lambda: live <= sink.ok_ids(path + "/other"), 20, "the other webhook's")
    wait_until(lambda: live <= sink.ok_ids(path), 20, "its own")
    assert card(system, webhook, "backlog") > 0, "the replay was over: nothing is shown"
    sink.behave(path)
    wait_until(lambda: sink.ok_ids(path) == events | live, 60, "all have been delivered")
    wait_until(lambda: card(system, webhook, "backlog") == 0, 5, "none is left")


def test_deleted_in_the_middle(system, sink, project, path):
    """What was replayed goes with its webhook."""
    before = records(system)
    webhook, _ = make_dead(project, sink, path, 3000)
    sink.behave(path, delay_ms=100)
    assert replay(project, webhook)["replayed"] == 3000
    wait_until(lambda: sink.stats(path)["requests"] > 3000, 10, "it has begun")
    assert card(system, webhook, "backlog") > 0, "the replay was over: nothing is shown"
    assert project.api.delete(project.hook_path(webhook)).status == 204
    r, own = system.redis, webhook["id"][3:]
    wait_until(lambda: not list(r.scan_iter(match="*" + own, count=1000)), 30, "no key is left")
    wait_until(lambda: records(system) == before, 10, "nor is a record")


def test_list_filters(sink, project, path):
    """By name and time, wherever a delivery is."""
    sink.behave(path + "/dead", status=500)
    sink.behave(path + "/waits", status=500)
    project.webhook(sink.url(path))
    project.webhook(sink.url(path + "/dead"), retry=NO_RETRY)
    project.webhook(sink.url(path + "/waits"), retry={"delaysS": [3600], "jitter": 0})
    early = project.publish_one(eventName="emailSend")
    between = pause()
    late = project.publish_one(eventName="emailSend")
    other = project.publish_one(eventName="emailOpen")
    for status in ("delivered", "dead", "waiting"):
        def listed(status=status, **query):
            return {d["event"] for d in project.deliveries(status=status, **query)}
        wait_until(lambda listed=listed: listed() == {early, late, other}, 10, status)
        assert listed(eventName="emailSend", until=between) == {early}
        assert listed(eventName="emailSend", since=between) == {late}
        assert listed(since=between) == {late, other}
        assert listed(eventName="emailClick") == set()


def test_kept_events(system, sink, project, path):
    """Those that were delivered are listed with their data, and can be replayed."""
    webhook = project.webhook(sink.url(path), eventNames=["emailSend", "emailOpen"])
    project.webhook(sink.url(path + "/other"))
    sends = set(project.publish(300, eventName="emailSend"))
    between = pause()
    opens = set(project.publish(5, eventName="emailOpen"))
    clicks = set(project.publish(5, eventName="emailClick"))
    wait_until(lambda: sink.ok_ids(path + "/other") == sends | opens | clicks, 10, "delivered")
    wait_settled(system)
    def kept():
        listed = list(project.api.pages(project.path + "/events", eventName="emailOpen"))
        return listed if {e["id"] for e in listed if e["kept"]} == opens else None
    listed = wait_until(kept, 10, "they are kept")
    assert all(e["dataFields"]["n"] for e in listed)
    one = project.api.get(f"{project.path}/events/{listed[0]['id']}").json
    assert one["kept"] and one["dataFields"] == listed[0]["dataFields"]
    assert {d["status"] for d in one["deliveries"]} == {"delivered"}
    early = list(project.api.pages(project.path + "/events", until=between))
    assert {e["id"] for e in early} == sends
    late = list(project.api.pages(project.path + "/events", since=between))
    assert {e["id"] for e in late} == opens | clicks

    def counts():
        return {r.id: r.count for r in sink.receipts(path)}
    assert replay(project, webhook, status="delivered", eventName="emailOpen")["replayed"] == 5
    expected = {**dict.fromkeys(sends, 1), **dict.fromkeys(opens, 2)}
    wait_until(lambda: counts() == expected, 10, "opens once more")
    cursor, done = None, 0
    while cursor or not done:
        answer = replay(project, webhook, status="delivered", limit=100, cursor=cursor)
        done, cursor = done + answer["replayed"], answer["nextCursor"]
    assert done == 305
    expected = {**dict.fromkeys(sends, 2), **dict.fromkeys(opens, 3)}
    wait_until(lambda: counts() == expected, 10, "all once more")
    assert {r.count for r in sink.receipts(path + "/other")} == {1}
    delivery = project.delivery_of(next(iter(sends)), webhook["id"])
    assert delivery["status"] == "delivered" and len(delivery["attempts"]) == 2, delivery


def test_kept_is_not_doubled(system, sink, project, path):
    """What waits, or is dead, is not made again."""
    webhook = project.webhook(sink.url(path), retry={"delaysS": [3600], "jitter": 0})
    delivered = set(project.publish(3))
    wait_until(lambda: sink.ok_ids(path) == delivered, 10, "delivered")
    sink.behave(path, status=500)
    waiting = project.publish(3)
    for event in waiting:
        project.wait_status(event, "waiting")
    wait_until(lambda: replay(project, webhook, status="delivered")["replayed"] == 3, 5,
               "all three are kept by now")
    wait_until(lambda: len(project.deliveries(status="waiting")) == 6, 10, "all have failed")
    assert replay(project, webhook, status="delivered")["replayed"] == 0
    assert {r.count for r in sink.receipts(path)} == {1, 2}
