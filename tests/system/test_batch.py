"""Several events in one request.

SPDX-License-Identifier: Apache-2.0
"""
import time

import pytest

from harness.verify import make_secret, verify
from harness.wait import stays, wait_until


def numbers(request):
    return [e["dataFields"]["n"] for e in request.json]


def publish(project, count, **fields):
    """Publishes n = 0, 1, ... and returns the events' ids in that order."""
    reply = project.publisher.send([project.message(dataFields={"n": n}, **fields)
                                    for n in range(count)])
    assert reply["ok"], reply
    return reply["ids"]


def received(sink, path):
    return sum(len(r.json) for r in sink.requests(path))


def wait_received(sink, path, count, timeout=10):
    wait_until(lambda: received(sink, path) >= count, timeout, f"{count} events on {path}",
               poll=0.02)
    return sink.requests(path)


def wait_listed(project, webhook, status, ids, timeout=10):
    """The deliveries of these events, once all are listed so."""
    def listed():
        found = [d for d in project.deliveries(webhook=webhook["id"], status=status)
                 if d["event"] in ids]
        return found if len(found) == len(ids) else None
    return wait_until(listed, timeout, f"{len(ids)} are {status}")


@pytest.fixture(autouse=True)
def nothing_left(system):
    yield
    wait_until(lambda: not system.kept("parcel"), 10, "no batch is left in Redis")


def test_many_events_in_few_requests(sink, project, path):
    secret = make_secret()
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 25, "maxWaitMs": 5000},
                              signing={"enabled": True, "secrets": [secret]},
                              limits={"concurrency": 1, "ratePerSecond": 0})
    ids = publish(project, 100)
    requests = wait_received(sink, path, 100)
    assert [len(r.json) for r in requests] == [25] * 4
    assert [n for r in requests for n in numbers(r)] == list(range(100))
    assert len({r.headers["webhook-id"] for r in requests}) == 4
    for r in requests:
        assert r.headers["content-type"] == "application/json"
        assert verify(r, secret) == "ok"
    for d in wait_listed(project, webhook, "delivered", ids):
        assert d["tries"] == 1
    wait_until(lambda: stats_of(project, webhook) == (100, 0, 0), 5, "they are counted")


def stats_of(project, webhook):
    stats = project.stats(webhook)
    return stats["delivered"], stats["failed"], stats["dead"]


def test_one_waits_and_is_still_an_array(sink, project, path):
    project.webhook(sink.url(path), batch={"maxEvents": 10, "maxWaitMs": 700})
    start = time.monotonic()
    publish(project, 1)
    request, = wait_received(sink, path, 1)
    assert 0.6 < time.monotonic() - start < 3
    assert numbers(request) == [0]


def test_the_wait_outlasts_the_log_entry(sink, project, path):
    """It is longer than entries may stay open: they become records meanwhile."""
    project.webhook(sink.url(path), batch={"maxEvents": 10, "maxWaitMs": 3000})
    publish(project, 2)
    stays(lambda: received(sink, path) == 0, 2.3)
    publish(project, 1)
    request, = wait_received(sink, path, 3)
    assert numbers(request) == [0, 1, 0]


def test_a_batch_is_bounded_in_bytes(sink, project, path):
    project.webhook(sink.url(path), batch={"maxEvents": 10, "maxWaitMs": 300})
    filler = "y" * 400000
    for n in range(4):
        project.publish_one(dataFields={"n": n, "x": filler})
    requests = wait_received(sink, path, 4)
    assert sorted(n for r in requests for n in numbers(r)) == [0, 1, 2, 3]
    assert all(len(r.body) <= 1024 * 1024 for r in requests) and len(requests) <= 3


def test_a_batch_is_tried_again_whole(sink, project, path):
    sink.behave(path, status=500, tries=2)
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 5, "maxWaitMs": 300},
                              retry={"delaysS": [1, 1], "jitter": 0.5})
    ids = publish(project, 5)
    waiting = wait_listed(project, webhook, "waiting", ids)
    assert len({d["nextAttemptAt"] for d in waiting}) == 1
    publish(project, 3)  # what comes meanwhile goes by itself
    requests = wait_received(sink, path, 24)
    whole = [r for r in requests if len(r.json) == 5]
    assert len(whole) == 3 and len({r.body for r in whole}) == 1
    assert len({r.headers["webhook-id"] for r in whole}) == 1
    for event in ids:
        delivery = project.wait_status(event, "delivered")
        assert [a["status"] for a in delivery["attempts"]] == [500, 500, 204]
    wait_until(lambda: stats_of(project, webhook) == (8, 16, 0), 5, "they are counted")


def test_every_member_of_a_dead_batch_is_listed(sink, project, path):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 4, "maxWaitMs": 300},
                              retry={"delaysS": [], "jitter": 0})
    ids = publish(project, 4)
    dead = wait_listed(project, webhook, "dead", ids)
    assert [d["tries"] for d in dead] == [1] * 4
    sink.behave(path)
    # One goes by itself, the others together.
    one = dead[0]["id"]
    assert project.api.post(f"{project.path}/deliveries/{one}/retry", {}).status == 200
    wait_received(sink, path, 5)
    answer = project.api.post(project.hook_path(webhook) + "/replay", {})
    assert answer.json["replayed"] == 3
    requests = wait_received(sink, path, 8)
    assert [len(r.json) for r in requests] == [4, 1, 3]


def test_retry_of_one_that_waits_brings_the_whole_batch(sink, project, path):
    sink.behave(path, status=500, tries=1)
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 3, "maxWaitMs": 300},
                              retry={"delaysS": [3600], "jitter": 0})
    ids = publish(project, 3)
    waiting = wait_listed(project, webhook, "waiting", ids)
    last = max(waiting, key=lambda d: ids.index(d["event"]))
    assert project.api.post(f"{project.path}/deliveries/{last['id']}/retry", {}).status == 200
    first, second = wait_received(sink, path, 6)
    assert first.body == second.body
    wait_listed(project, webhook, "delivered", ids)


def test_the_others_go_without_one_that_is_cancelled(sink, project, path):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 3, "maxWaitMs": 300},
                              retry={"delaysS": [2, 1, 1], "jitter": 0})
    ids = publish(project, 3)
    waiting = {d["event"]: d for d in wait_listed(project, webhook, "waiting", ids)}
    where = f"{project.path}/deliveries/{waiting[ids[0]]['id']}"
    assert project.api.post(where + "/cancel").status == 200
    two = wait_received(sink, path, 5)[1:]
    assert [numbers(r) for r in two] == [[1, 2]]
    assert project.api.post(where + "/retry", {}).status == 200
    sink.behave(path)
    wait_received(sink, path, 8)
    assert sorted(len(r.json) for r in sink.requests(path)[2:]) == [1, 2]
    wait_listed(project, webhook, "delivered", ids)


def test_a_batch_stays_whole_when_one_expires(sink, project, path):
    """What expires between its tries is not taken out; all together die with the last."""
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 2, "maxWaitMs": 300},
                              retry={"delaysS": [1, 3600], "jitter": 0})
    ids = publish(project, 1, expiresInMs=600) + publish(project, 1, expiresInMs=3000)
    first, second = wait_received(sink, path, 4)
    assert first.body == second.body and len(first.json) == 2
    dead = wait_listed(project, webhook, "dead", ids)
    assert {d["lastError"] for d in dead} == {"expired"} and {d["tries"] for d in dead} == {2}


def test_a_disabled_webhook_ends_what_waits(sink, project, path):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 2, "maxWaitMs": 300},
                              retry={"delaysS": [1], "jitter": 0})
    ids = publish(project, 2)
    wait_listed(project, webhook, "waiting", ids)
    where = project.hook_path(webhook)
    assert project.api.patch(where, {"enabled": False}).status == 200
    dead = wait_listed(project, webhook, "dead", ids)
    assert {d["lastError"] for d in dead} == {"webhook_disabled"}


def test_a_deleted_webhook_leaves_nothing(system, sink, project, path):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 3, "maxWaitMs": 300},
                              retry={"delaysS": [2], "jitter": 0})
    wait_listed(project, webhook, "waiting", publish(project, 3))
    assert system.kept("parcel")
    assert project.api.delete(project.hook_path(webhook)).status == 204


def test_gone_ends_all_of_it(sink, project, path):
    sink.behave(path, status=410)
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 3, "maxWaitMs": 300})
    wait_listed(project, webhook, "dead", publish(project, 3))
    wait_until(lambda: not project.get_webhook(webhook)["enabled"], 3, "it is disabled")


def test_what_has_expired_stays_out(sink, project, path):
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 10, "maxWaitMs": 1500})
    expired = publish(project, 2, expiresInMs=200)
    publish(project, 1)
    request, = wait_received(sink, path, 1)
    assert numbers(request) == [0]
    assert {d["lastError"] for d in wait_listed(project, webhook, "dead", expired)} == {"expired"}


def test_turned_on_and_off(sink, project, path):
    webhook = project.webhook(sink.url(path))
    where = project.hook_path(webhook)
    assert "batch" not in webhook
    answer = project.api.patch(where, {"batch": {}})
    assert answer.json["batch"] == {"maxEvents": 100, "maxWaitMs": 1000}
    answer = project.api.patch(where, {"batch": {"maxWaitMs": 50}})
    assert answer.json["batch"] == {"maxEvents": 100, "maxWaitMs": 50}
    project.system.wait_config()
    publish(project, 3)
    wait_received(sink, path, 3)
    assert "batch" not in project.api.patch(where, {"batch": None}).json
    project.system.wait_config()
    sink.clear()
    ids = project.publish(2)
    wait_until(lambda: sink.ok_ids(path) >= set(ids), 5, "each in a request of its own")


def test_from_an_order_to_batches(sink, project, path):
    """What waits in line gets through after the change, and the line is empty then."""
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), ordering="key",
                              retry={"delaysS": [2] * 9, "jitter": 0})
    ids = publish(project, 4, orderingKey="a") + publish(project, 2, orderingKey="b")
    wait_until(lambda: len(sink.requests(path)) >= 2, 5, "the first of each have failed")
    where = project.hook_path(webhook)
    answer = project.api.patch(where, {"ordering": "none", "batch": {"maxWaitMs": 100}})
    assert answer.status == 200, answer
    sink.behave(path)
    wait_listed(project, webhook, "delivered", ids, 20)


@pytest.mark.parametrize("other, field", [({"ordering": "key"}, "ordering"),
                                          ({"url": "https://example.com/{{a}}"}, "batch")])
def test_what_excludes_batches(project, other, field):
    answer = project.api.post(project.path + "/webhooks", {
        "name": "crm", "kind": "system", "url": "https://example.com/", "eventNames": ["*"],
        "batch": {}, **other})
    assert answer.status == 400 and answer.json["field"] == field


@pytest.mark.parametrize("batch, field", [
    ({"maxEvents": 0}, "batch.maxEvents"), ({"maxEvents": 1001}, "batch.maxEvents"),
    ({"maxWaitMs": -1}, "batch.maxWaitMs"), ({"maxWaitMs": 60001}, "batch.maxWaitMs"),
    ({"size": 1}, "batch.size"), (7, "batch"), ([], "batch")])
def test_refused(sink, project, batch, field):
    answer = project.api.post(project.path + "/webhooks", {
        "name": "crm", "kind": "system", "url": sink.url("/"), "eventNames": ["*"],
        "batch": batch})
    assert answer.status == 400 and answer.json["field"] == field
