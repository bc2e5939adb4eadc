"""Filters: who gets what, what is refused, and that lists and deliveries agree.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re

import pytest

from harness.http import problem, request
from harness.wait import wait_until


def create(project, **fields):
    return project.api.post(project.path + "/webhooks", {
        "name": "f", "kind": "system", "url": "https://example.com/", "eventNames": ["*"], **fields})


def test_who_gets_what(sink, project, path):
    filters = {
        "42": {"dataFields.campaignId": 42, "eventName": "emailSend"},
        "any": {"dataFields.campaignId": {"$in": [41, 42]}},
        "shop": {"dataFields.items.sku": "b", "email": {"$suffix": "@example.com"}},
        "dear": {"$or": [{"dataFields.total": {"$gte": 99.5}}, {"dataFields.vip": True}]},
        "not": {"dataFields.campaignId": {"$ne": 42}},
        "all": {},
    }
    for name, f in filters.items():
        names = ["emailSend", "emailOpen"] if name in ("42", "any") else ["*"]
        project.webhook(sink.url(f"{path}/{name}"), wait=False, filter=f, eventNames=names)
    project.system.wait_config()
    items = [{"sku": "a"}, {"sku": "b"}]
    sent = {
        project.publish_one(dataFields={"campaignId": 42}): {"42", "any"},
        project.publish_one(dataFields={"campaignId": 41}): {"any", "not"},
        project.publish_one(dataFields={"campaignId": 42.0}, eventName="emailOpen"): {"any"},
        project.publish_one(dataFields={"campaignId": "42"}): {"not"},
        project.publish_one(dataFields={"items": items, "total": 99.5}): {"shop", "dear", "not"},
        project.publish_one(dataFields={"campaignId": 42, "vip": True}, packed=True):
            {"42", "any", "dear"},
    }
    for name in filters:
        wanted = {e for e, names in sent.items() if name in names | {"all"}}
        wait_until(lambda n=name, w=wanted: sink.ids(f"{path}/{n}") == w, 10,
                   f"{name} gets its events")
    for event, names in sent.items():
        listed = project.api.get(f"{project.path}/events/{event}").json["deliveries"]
        assert len(listed) == len(names | {"all"}), (names, listed)


BAD = [
    (7, "filter"), ({"campaignId": 1}, "filter.campaignId"),
    ({"dataFields.x": {"$gt": []}}, "filter.dataFields.x.$gt"),
    ({"$or": [{}, {"dataFields.x": {"$gt": None}}]}, "filter.$or[1].dataFields.x.$gt"),
    ({"dataFields.x": {"$where": "1"}}, "filter.dataFields.x.$where"),
    ({"$nor": []}, "filter.$nor"), ({"dataFields..x": 1}, "filter.dataFields..x"),
    ({"dataFields.x": {"$in": list(range(1001))}}, "filter.dataFields.x.$in"),
    ({"dataFields." + "\u00e9" * 300: 1}, None),
]


@pytest.mark.parametrize("value, field", BAD, ids=[json.dumps(b[0])[:40] for b in BAD])
def test_bad_filters(project, value, field):
    problem(create(project, filter=value), 400, code="invalid", field=field)
    assert list(project.api.pages(project.path + "/webhooks")) == []


def test_a_filter_is_shown_and_replaced(project):
    made = create(project, filter={"email": None, "userId": {"$exists": True}})
    assert made.status == 201 and made.json["filter"] == {"email": None,
                                                          "userId": {"$exists": True}}
    where = f"{project.path}/webhooks/{made.json['id']}"
    changed = project.api.patch(where, {"filter": {"userId": "u"}})
    assert changed.json["filter"] == {"userId": "u"}
    problem(project.api.patch(where, {"filter": {"u": 1}}), 400, field="filter.u")
    assert "filter" not in project.api.patch(where, {"filter": None}).json


def test_a_change_takes_effect(sink, project, path):
    hook = project.webhook(sink.url(path), filter={"dataFields.v": 1})
    one = project.publish_one(dataFields={"v": 1})
    wait_until(lambda: sink.ids(path) == {one}, 10, "the first")
    answer = project.api.patch(project.hook_path(hook),
                               {"filter": {"dataFields.v": 2}})
    assert answer.status == 200, answer
    project.system.wait_config()
    project.publish_one(dataFields={"v": 1})
    two = project.publish_one(dataFields={"v": 2})
    wait_until(lambda: two in sink.ids(path), 10, "the second")
    assert sink.ids(path) == {one, two}


def test_what_is_queued_agrees(sink, project, path):
    """The list looks into the log by itself: it has to come to the router's result."""
    sink.behave(path, stall=1)
    try:
        hook = project.webhook(sink.url(path), filter={"dataFields.v": {"$lt": 2}},
                               limits={"concurrency": 1, "ratePerSecond": 0})
        # One entry of the log, which stays a while (until it is dissolved) for the two that
        # are wanted; after that only these are known.
        reply = project.publisher.send([project.message(dataFields={"v": v}) for v in range(4)])
        events = reply["ids"]
        def queued():
            return {d["event"] for d in project.deliveries(webhook=hook["id"])}
        assert wait_until(queued, 5, "something is listed") == set(events[:2])
        listed = {e["id"]: len(e["deliveries"])
                  for e in project.api.pages(project.path + "/events")}
        for event, n in zip(events, (1, 1, 0, 0)):
            assert listed.get(event, n) == n
        answer = project.api.get(f"{project.path}/events/{events[3]}")
        assert answer.status == 404 or answer.json["deliveries"] == []
    finally:
        sink.behave()
        sink.release()


def test_bodies_are_read_only_for_filters(system, sink, project, path):
    def read():
        text = request("GET", system.admin_base("router") + "/metrics").text
        return int(re.search(r"^postrider_router_events_read_total (\d+)", text, re.M)[1])
    before = read()
    project.webhook(sink.url(path))
    events = set(project.publish(5))
    wait_until(lambda: sink.ids(path) == events, 10, "all five")
    assert read() == before
    for i in range(3):
        project.webhook(sink.url(f"{path}/{i}"), filter={"dataFields.n": {"$exists": True}})
    events = set(project.publish(5))
    wait_until(lambda: sink.ids(path + "/2") == events, 10, "five more")
    assert read() == before + 5
