"""Receivers that do everything wrong: bounded time and memory, classified, retried.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.sink import Sink
from harness.wait import wait_until

TIMEOUT_MS = 1500
# 64 KiB of answers and their connections are worth some; a leak is more.
GROWTH_KB = 24 * 1024

@pytest.fixture
def fresh_sink(system, path):
    """libcurl by itself repeats a request when a connection that it kept open turns
    out to be dead; to a receiver of its own there is none."""
    receiver = Sink(system.folder, name="sink-" + path[1:])
    yield receiver
    receiver.stop()


FAULTS = [
    ("stall", {"stall": 1}),
    ("reset", {"reset": 1}),
    ("close-headers", {"close_at": "headers"}),
    ("close-body", {"close_at": "body"}),
    ("mid-answer", {"close_at": "mid-answer"}),
    ("drip", {"drip": 1}),
    ("endless-headers", {"endless_headers": 1}),
    ("slow-read", {"slow_read": 1, "stall": 1}),
]


@pytest.mark.parametrize("options", [f[1] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_fault_is_bounded_classified_and_retried(system, fresh_sink, project, path, options):
    sink = fresh_sink
    sink.behave(path, tries=1, **options)
    project.webhook(sink.url(path), timeoutMs=TIMEOUT_MS)
    before = system.rss_kb("sender")
    event = project.publish_one(dataFields={"text": "x" * 20000})
    wait_until(lambda: event in sink.ok_ids(path), 15, "a later try arrives")
    delivery = project.wait_status(event, "delivered")
    first = delivery["attempts"][0]
    assert len(delivery["attempts"]) >= 2
    assert first["error"], "the failure has a name"
    assert system.rss_kb("sender") - before < GROWTH_KB


BIG = [("gzip-bomb", {"gzip_bomb": 1}), ("big-body", {"big_body": 1 << 30})]


@pytest.mark.parametrize("options", [b[1] for b in BIG], ids=[b[0] for b in BIG])
def test_endless_answers_cost_little(system, sink, project, path, options):
    """The status line said 200; what follows is cut off at 64 KiB."""
    sink.behave(path, tries=1, **options)
    project.webhook(sink.url(path), timeoutMs=5000)
    before = system.rss_kb("sender")
    events = project.publish(20)
    def settled():
        done = project.deliveries(status="delivered")
        return {d["event"] for d in done} == set(events)
    wait_until(settled, 20, "all settled", poll=0.1)
    assert system.rss_kb("sender") - before < GROWTH_KB


def test_nobody_listens(sink, project, path):
    project.webhook("http://127.0.0.1:9/nobody", retry={"delaysS": [1], "jitter": 0})
    delivery = project.wait_status(project.publish_one(), "dead")
    assert [a["error"] for a in delivery["attempts"]] == ["connect_failed"] * 2


def test_no_such_name(project):
    project.webhook("http://no-such-host.invalid/", retry={"delaysS": [], "jitter": 0})
    delivery = project.wait_status(project.publish_one(), "dead", 20)
    assert "resolve" in delivery["attempts"][0]["error"]


def test_a_crowd_of_bad_receivers_delays_nobody(system, sink, project, path):
    """One webhook for each misdeed, many events, one good webhook beside them."""
    before = system.rss_kb("sender")
    for name, options in FAULTS + BIG:
        sink.behave(f"{path}/{name}", **options)
        project.webhook(sink.url(f"{path}/{name}"), timeoutMs=1000,
                        retry={"delaysS": [1], "jitter": 0},
                        limits={"concurrency": 8, "ratePerSecond": 0})
    project.webhook(sink.url(path + "/good"))
    events = set(project.publish(40))
    wait_until(lambda: sink.ok_ids(path + "/good") == events, 5, "the good one gets all")
    assert system.rss_kb("sender") - before < 2 * GROWTH_KB
