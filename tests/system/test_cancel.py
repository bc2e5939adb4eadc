"""Deliveries that wait are cancelled: dead, listed, and replayed if wanted.

SPDX-License-Identifier: Apache-2.0
"""
from harness.wait import wait_until

LATER = {"delaysS": [3600], "jitter": 0}
MANY = 1500  # more than a router takes into its memory for one webhook


def cancel(project, webhook, **body):
    answer = project.api.post(project.hook_path(webhook) + "/cancel", body)
    assert answer.status == 200, answer
    return answer.json


def by_status(project, status, **query):
    return {d["event"] for d in project.deliveries(status=status, **query)}


def test_one(sink, project, path):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), retry=LATER)
    event = project.publish_one()
    waiting = project.wait_status(event, "waiting")
    where = f"{project.path}/deliveries/{waiting['id']}"
    answer = project.api.post(where + "/cancel")
    assert answer.status == 200 and answer.json["status"] == "dead", answer
    assert answer.json["lastError"] == "cancelled" and answer.json["tries"] == 1
    assert project.api.post(where + "/cancel").status == 409
    assert [a["status"] for a in answer.json["attempts"]] == [500]
    assert project.stats(webhook)["dead"] == 1
    assert by_status(project, "dead") == {event} and not by_status(project, "waiting")
    sink.behave(path)
    assert project.api.post(project.hook_path(webhook) + "/replay", {}).json["replayed"] == 1
    wait_until(lambda: event in sink.ok_ids(path), 10, "it is delivered now")
    project.wait_status(event, "delivered")
    assert project.api.post(where + "/cancel").status == 404


def test_in_bulk(sink, project, path):
    """Of one webhook and by name; another webhook's wait on."""
    sink.behave(path, status=500)
    sink.behave(path + "/other", status=500)
    webhook = project.webhook(sink.url(path), retry=LATER)
    other = project.webhook(sink.url(path + "/other"), retry=LATER)
    sends = set(project.publish(300, eventName="emailSend"))
    opens = set(project.publish(300, eventName="emailOpen"))
    for w in (webhook, other):
        wait_until(lambda w=w: by_status(project, "waiting", webhook=w["id"]) == sends | opens,
                   20, "all wait")
    cursor, counts = None, []
    while cursor or not counts:
        answer = cancel(project, webhook, eventName="emailOpen", limit=200, cursor=cursor)
        counts.append(answer["cancelled"])
        cursor = answer["nextCursor"]
        assert len(counts) < 10
    assert sum(counts) == 300 and max(counts) == 200
    assert by_status(project, "waiting", webhook=webhook["id"]) == sends
    assert by_status(project, "dead", webhook=webhook["id"]) == opens
    assert by_status(project, "waiting", webhook=other["id"]) == sends | opens
    assert by_status(project, "dead", webhook=other["id"]) == set()
    # Those that wait are found by their time as well.
    first = min(d["createdAt"] for d in project.deliveries(status="waiting"))
    assert cancel(project, webhook, until="2020-01-01T00:00:00Z")["cancelled"] == 0
    assert cancel(project, webhook, since=first)["cancelled"] == 300


def test_races_with_the_router(sink, project, path):
    """Cancelled out of a backlog that is being delivered: each is either dead or
    received, and none is both or neither."""
    sink.behave(path, stall=1)
    webhook = project.webhook(sink.url(path), timeoutMs=60000)
    events = set()
    while len(events) < MANY:
        events |= set(project.publish(500))
    wait_until(lambda: project.stats(webhook)["backlog"] > 0, 20, "some are in its backlog")
    sink.behave(path, delay_ms=2)
    sink.release()
    cancelled = 0
    def settled():
        nonlocal cancelled
        sink.release()
        cancelled += cancel(project, webhook, limit=50)["cancelled"]
        return by_status(project, "dead") | sink.ok_ids(path) == events
    wait_until(settled, 30, "none waits any more")
    dead, received = by_status(project, "dead"), sink.ok_ids(path)
    assert len(dead) == cancelled > 0 and received and not dead & received


def test_bad_requests(sink, project, path):
    webhook = project.webhook(sink.url(path))
    for body, field in (({"status": "dead"}, "status"), ({"cursor": "2:1::0"}, "cursor"),
                        ({"limit": -1}, "limit"), ({"since": 1}, "since")):
        answer = project.api.post(project.hook_path(webhook) + "/cancel", body)
        assert answer.status == 400 and answer.json["field"] == field, answer
    assert project.api.post(f"{project.path}/deliveries/dlv_{'0' * 26}/cancel").status == 404
