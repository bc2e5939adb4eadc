"""What becomes of a delivery whose receiver says no.

SPDX-License-Identifier: Apache-2.0
"""
import json
import time

import pytest

from harness.wait import stays, wait_until


def receipt(sink, path, event):
    return next((r for r in sink.receipts(path) if r.id == event), None)


def wait_count(sink, path, event, count, timeout=15):
    return wait_until(lambda: (lambda r: r if r and r.count >= count else None)(
        receipt(sink, path, event)), timeout, f"{count} tries of {event}")


def gap_s(r):
    return (r.last_us - r.first_us) / 1e6


@pytest.mark.parametrize("status", [500, 503, 404, 400, 429, 301, 408])
def test_other_statuses_are_tried_again(sink, project, path, status):
    sink.behave(path, status=status, tries=1)
    project.webhook(sink.url(path))
    event = project.publish_one()
    r = wait_count(sink, path, event, 2)
    assert r.ok == 1 and 0.9 <= gap_s(r) < 4
    delivery = project.wait_status(event, "delivered")
    assert [a["status"] for a in delivery["attempts"]] == [status, 204]


def test_the_schedule_is_kept_to(sink, project, path):
    sink.behave(path, status=500)
    project.webhook(sink.url(path), retry={"delaysS": [1, 3], "jitter": 0})
    event = project.publish_one()
    delivery = project.wait_status(event, "dead", 20)
    times = [q.us / 1e6 for q in sink.requests(path)]
    assert len(times) == 3 and len(delivery["attempts"]) == 3
    assert 0.9 <= times[1] - times[0] < 2.5
    assert 2.9 <= times[2] - times[1] < 4.5


def test_jitter_moves_the_tries(sink, project, path):
    sink.behave(path, status=500, tries=1)
    project.webhook(sink.url(path), retry={"delaysS": [2], "jitter": 0.5})
    events = project.publish(30)
    for event in events:
        wait_count(sink, path, event, 2, 20)
    gaps = [gap_s(r) for r in sink.receipts(path)]
    assert min(gaps) >= 0.9 and max(gaps) < 5
    assert max(gaps) - min(gaps) > 0.3, gaps


@pytest.mark.parametrize("options, least, most", [
    ({"status": 503, "retry_after": 4}, 3.0, 7),
    ({"status": 429, "retry_after": 4}, 3.0, 7),
    ({"status": 503, "retry_after_date": 5}, 3.0, 8),
    ({"status": 500, "retry_after": 6}, 0.9, 4),       # only with 429 and 503
    ({"status": 503, "retry_after": "soon"}, 0.9, 4),  # neither form
])
def test_retry_after(sink, project, path, options, least, most):
    sink.behave(path, tries=1, **options)
    project.webhook(sink.url(path))
    event = project.publish_one()
    r = wait_count(sink, path, event, 2)
    assert least <= gap_s(r) < most


def test_gone_disables_the_webhook(sink, project, path):
    sink.behave(path, status=410)
    webhook = project.webhook(sink.url(path))
    event = project.publish_one()
    project.wait_status(event, "dead")
    wait_until(lambda: project.get_webhook(webhook)["enabled"] is False, 3, "it is disabled")
    assert project.get_webhook(webhook)["disabledReason"] == "gone"
    # Enabled again, it works again.
    sink.behave(path)
    answer = project.api.patch(project.hook_path(webhook), {"enabled": True})
    assert answer.status == 200 and answer.json["disabledReason"] is None, answer
    def flows():
        project.publish()
        return sink.ok_ids(path)
    wait_until(flows, 3, "deliveries go on", poll=0.1)


def test_header_disable(sink, project, path):
    sink.behave(path, status=200, delivery_header="disable")
    webhook = project.webhook(sink.url(path))
    event = project.publish_one()
    project.wait_status(event, "dead")
    wait_until(lambda: project.get_webhook(webhook)["enabled"] is False, 3, "it is disabled")


def test_header_abort_message(sink, project, path):
    sink.behave(path, status=500, delivery_header="abort-message")
    webhook = project.webhook(sink.url(path))
    event = project.publish_one()
    delivery = project.wait_status(event, "dead")
    assert len(delivery["attempts"]) == 1
    assert project.get_webhook(webhook)["enabled"] is True


def test_dead_is_replayed(sink, project, path):
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), retry={"delaysS": [], "jitter": 0})
    events = set(project.publish(5))
    wait_until(lambda: len(project.deliveries(status="dead")) == 5, 10, "five dead")
    listed = project.deliveries(status="dead", webhook=webhook["id"])
    assert {d["event"] for d in listed} == events
    sink.behave(path)
    answer = project.api.post(project.hook_path(webhook) + "/replay",
                              {"status": "dead"})
    assert answer.status in (200, 202), answer
    wait_until(lambda: sink.ok_ids(path) == events, 10, "all have been delivered")
    wait_until(lambda: not project.deliveries(status="dead"), 5, "none is dead any more")


def test_one_is_retried(sink, project, path):
    sink.behave(path, status=500)
    project.webhook(sink.url(path), retry={"delaysS": [600], "jitter": 0})
    event = project.publish_one()
    waiting = project.wait_status(event, "waiting")
    assert waiting["attempts"][0]["status"] == 500
    sink.behave(path)
    answer = project.api.post(f"{project.path}/deliveries/{waiting['id']}/retry")
    assert answer.status in (200, 202), answer
    wait_until(lambda: event in sink.ok_ids(path), 10, "it is delivered now")
    project.wait_status(event, "delivered")


def test_attempt_log(sink, project, path):
    sink.behave(path, status=500, body="no such thing " + "y" * 900 + "tail")
    project.webhook(sink.url(path), retry={"delaysS": [600], "jitter": 0})
    delivery = project.wait_status(project.publish_one(), "waiting")
    assert delivery["id"].startswith("dlv_") and delivery["webhook"].startswith("wh_")
    attempt = delivery["attempts"][0]
    assert attempt["status"] == 500
    assert "no such thing" in json.dumps(attempt)


def test_concurrency_limit(sink, project, path):
    sink.behave(path, delay_ms=60)
    project.webhook(sink.url(path), limits={"concurrency": 3, "ratePerSecond": 0})
    events = project.publish(60)
    wait_until(lambda: len(sink.ok_ids(path)) == len(events), 20, "all sixty")
    assert 1 < sink.stats(path)["inFlightMax"] <= 3


def test_one_stalled_receiver_delays_nobody(sink, project, path):
    sink.behave(path + "/stalled", stall=1)
    project.webhook(sink.url(path + "/stalled"), timeoutMs=60000)
    project.webhook(sink.url(path + "/fine"))
    start = time.monotonic()
    events = set(project.publish(500))
    wait_until(lambda: sink.ok_ids(path + "/fine") == events, 10, "the other gets all")
    assert time.monotonic() - start < 5
    assert sink.release() > 0
    def all_released():
        sink.release()
        return sink.ok_ids(path + "/stalled") == events
    wait_until(all_released, 20, "the stalled one, once released")


def test_all_arrive_once_it_is_well_again(sink, project, path):
    sink.behave(path, status=500)
    project.webhook(sink.url(path), retry={"delaysS": [1] * 30, "jitter": 0})
    events = set(project.publish(200))
    wait_until(lambda: sink.stats(path)["requests"] >= 5, 10, "it has failed some times")
    sink.behave(path)
    wait_until(lambda: sink.ok_ids(path) == events, 30, "all arrive once it is well again")


def test_disabled_webhook_keeps_what_waits(sink, project, path):
    """Disabling stops the tries; nothing is dropped silently."""
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), retry={"delaysS": [1] * 30, "jitter": 0})
    event = project.publish_one()
    wait_until(lambda: sink.stats(path)["requests"] >= 1, 10, "one try")
    answer = project.api.patch(project.hook_path(webhook), {"enabled": False})
    assert answer.status == 200
    def settled():
        count = sink.stats(path)["requests"]
        try:
            stays(lambda: sink.stats(path)["requests"] == count, 1.5)
        except AssertionError:
            return False
        return True
    wait_until(settled, 6, "no more tries")
    assert project.delivery_of(event)["status"] in ("waiting", "queued", "dead")
