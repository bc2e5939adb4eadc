"""Lanes: the rate, the circuit, and what a receiver that has enough may say.

SPDX-License-Identifier: Apache-2.0
"""
import msgpack
import pytest
import zmq

from harness.system import Up
from harness.wait import stays, wait_until

FEW = {"concurrency": 4, "ratePerSecond": 0}


@pytest.fixture(scope="module")
def system():
    up = Up(flags=("--dev", "--senders", "2"))
    yield up
    up.close()


def wait_circuit(project, webhook, state):
    wait_until(lambda: project.stats(webhook)["circuit"] == state, 15, f"the circuit is {state}")


def most_in(times, span_us):
    """The most that any stretch of so long has."""
    return max(sum(t <= u < t + span_us for u in times) for t in times)


@pytest.mark.parametrize("rate", [5, 40])
def test_the_rate_is_kept_to(sink, project, path, rate):
    """By two senders together, in any second, and it is made use of."""
    webhook = project.webhook(sink.url(path), limits={"concurrency": 64, "ratePerSecond": rate})
    ids = project.publish(2 * rate + 5)
    wait_until(lambda: sink.ok_ids(path) == set(ids), 20, "all are delivered")
    times = sorted(r.first_us for r in sink.receipts(path))
    assert most_in(times, 1_000_000) <= rate + max(1, rate // 10)
    assert times[-1] - times[0] < 4_000_000
    wait_until(lambda: project.stats(webhook)["effective"]["ratePerSecond"] == rate, 5, "it is shown")


def test_a_rate_holds_up_nobody_else(sink, project, path):
    project.webhook(sink.url(path), limits={"concurrency": 64, "ratePerSecond": 1},
                    eventNames=["slow"])
    project.webhook(sink.url(path + "/free"), eventNames=["fast"])
    project.publish(300, eventName="slow")
    ids = project.publish(300, eventName="fast")
    wait_until(lambda: sink.ok_ids(path + "/free") == set(ids), 5, "the others are delivered")
    assert sink.stats(path)["requests"] < 10


def test_the_circuit_opens_and_closes(sink, project, path):
    """What it held back comes back at once, long before its schedule says so."""
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), limits=FEW,
                              retry={"delaysS": [600, 600, 600], "jitter": 0})
    ids = project.publish(100)
    wait_circuit(project, webhook, "open")
    wait_until(lambda: len(project.deliveries(webhook=webhook["id"], status="waiting")) == 100, 10,
               "all wait for their next try")
    assert sink.stats(path)["requests"] < 16 + 4 + 5
    assert any(d["lastError"] == "circuit_open"
               for d in project.deliveries(webhook=webhook["id"], status="waiting"))
    sink.behave(path, status=204)
    wait_circuit(project, webhook, "closed")
    tried = {r.id for r in sink.receipts(path) if r.ok < r.count}
    wait_until(lambda: set(ids) - tried <= sink.ok_ids(path), 20, "what was held back is delivered")


def test_probes_come_one_at_a_time(sink, project, path):
    sink.behave(path, status=503, delay_ms=300)
    webhook = project.webhook(sink.url(path), limits={"concurrency": 16, "ratePerSecond": 0},
                              retry={"delaysS": [600, 600], "jitter": 0})
    project.publish(200)
    wait_circuit(project, webhook, "open")
    wait_until(lambda: sink.stats(path)["inFlight"] == 0, 5, "nothing is under way")
    sink.clear()
    before = sink.stats(path)["requests"]
    wait_until(lambda: sink.stats(path)["requests"] >= before + 2, 10, "it is probed twice")
    times = sorted(r.first_us for r in sink.receipts(path))
    assert all(b - a > 600_000 for a, b in zip(times, times[1:]))


def test_a_last_attempt_is_made_all_the_same(sink, project, path):
    """Nothing dies without having been tried."""
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), limits=FEW, retry={"delaysS": [], "jitter": 0})
    ids = project.publish(60)
    wait_until(lambda: len(project.deliveries(webhook=webhook["id"], status="dead")) == 60, 10,
               "all are dead")
    assert {r.id: r.count for r in sink.receipts(path)} == {i: 1 for i in ids}


def test_the_feed_tells_of_circuits(system, sink, project, path):
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.RCVTIMEO, 10000)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SUBSCRIBE, f"webhook.{project.id}".encode())
    socket.connect(system.settings["ROUTER_FEED_BIND"])
    try:
        sink.behave(path, status=500)
        webhook = project.webhook(sink.url(path), limits=FEW,
                                  retry={"delaysS": [600], "jitter": 0})
        project.publish(40)
        topic, body = socket.recv_multipart()
        assert topic == f"webhook.{project.id}".encode()
        told = msgpack.unpackb(body)
        assert told["webhook"] == webhook["id"] and told["state"] == "open", told
    finally:
        context.destroy(0)


def test_retry_after_holds_up_the_lane(sink, project, path):
    """Not that delivery alone: the receiver has said when."""
    sink.behave(path, status=429, every=1, tries=1, retry_after_date=3)
    project.webhook(sink.url(path), limits={"concurrency": 1, "ratePerSecond": 0},
                    retry={"delaysS": [1] * 5, "jitter": 0})
    first = project.publish_one()
    wait_until(lambda: first in sink.ids(path), 5, "it is refused")
    sink.behave(path, status=204)
    later = project.publish_one()
    stays(lambda: later not in sink.ids(path), 1)
    wait_until(lambda: {first, later} <= sink.ok_ids(path), 10, "both are delivered")


def test_429_lowers_the_rate(sink, project, path):
    sink.behave(path, status=429, every=20)
    webhook = project.webhook(sink.url(path), limits={"concurrency": 8, "ratePerSecond": 0},
                              retry={"delaysS": [1] * 8, "jitter": 0})
    for _ in range(10):
        project.publish(40)
    wait_until(lambda: project.stats(webhook)["effective"]["ratePerSecond"], 10, "it is lowered")
    sink.behave(path, status=204)
    wait_until(lambda: not project.stats(webhook)["backlog"] and
               not project.deliveries(webhook=webhook["id"], status="waiting"), 30, "all are delivered")
