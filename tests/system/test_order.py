"""Order by key: one after the other of each key, the keys beside one another.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.wait import stays, wait_until

SOON = {"delaysS": [1] * 8, "jitter": 0}
LATER = {"delaysS": [3600], "jitter": 0}


@pytest.fixture
def hook(project, sink):
    """A webhook that keeps the order, at a path of its own."""
    def make(path, retry=None, **fields):
        return project.webhook(sink.url(path), ordering="key", retry=retry or SOON, **fields)
    return make


def publish(project, key, count):
    return project.publish(count, orderingKey=key)


def in_order(sink, path, ids):
    """Each came after the one in front of it had been delivered."""
    receipt = {r.id: r for r in sink.receipts(path)}
    return all(receipt[b].first_us >= receipt[a].first_ok_us for a, b in zip(ids, ids[1:]))


def delivered(sink, path, ids):
    wait_until(lambda: set(ids) <= sink.ok_ids(path), 20, "all are delivered")


def left(project, webhook):
    """In the webhook's chain, and that it has one."""
    r, name = project.system.redis, webhook["id"].removeprefix("wh_")
    return sum(r.zcard(k) for k in r.keys("pr:{p*}:chain:" + name)) + \
        sum(r.sismember(k, name) for k in r.keys("pr:{p*}:chains"))


def test_a_failure_holds_up_its_key_alone(project, sink, hook):
    path = "/order/fails"
    sink.behave(path, status=503, tries=1)
    webhook = hook(path, limits={"concurrency": 8, "ratePerSecond": 0})
    ids = {key: publish(project, key, 3) for key in ("a", "b", "c")}
    free = project.publish(3)
    for own in ids.values():
        delivered(sink, path, own)
        assert in_order(sink, path, own)
    delivered(sink, path, free)
    wait_until(lambda: left(project, webhook) == 0, 5, "nothing is left of the chains")


def test_others_go_on_while_one_waits(project, sink, hook):
    """And what waits behind it is listed as queued, what it waits for as waiting."""
    path = "/order/one"
    webhook = hook(path, retry=LATER)
    sink.behave(path, status=503, every=1)
    first = publish(project, "slow", 3)
    wait_until(lambda: project.deliveries(webhook=webhook["id"], status="waiting"), 10, "it waits")
    sink.behave(path, status=200)
    others = publish(project, "fast", 3)
    delivered(sink, path, others)
    later = publish(project, "slow", 2)

    def queued():
        return [d["event"] for d in project.deliveries(webhook=webhook["id"], status="queued")]
    wait_until(lambda: sorted(queued()) == sorted(first[1:] + later), 10, "the others are queued")
    assert project.delivery_of(later[0])["status"] == "queued"

    def page_by_page():
        pages = project.api.pages(project.path + "/deliveries", webhook=webhook["id"],
                                  status="queued", limit=1)
        return sorted(d["event"] for d in pages) == sorted(first[1:] + later)
    # While one moves from the log into the chain a list may miss it.
    wait_until(page_by_page, 5, "the same, page by page")
    stays(lambda: not set(first[1:] + later) & sink.ids(path), 1)
    waiting = project.delivery_of(first[0])
    answer = project.api.post(f"{project.path}/deliveries/{waiting['id']}/retry", {})
    assert answer.status == 200, answer
    delivered(sink, path, first + later)
    assert in_order(sink, path, first + later)


def test_the_next_comes_after_a_death(project, sink, hook):
    path = "/order/dies"
    sink.behave(path, status=500, every=1)
    webhook = hook(path, retry={"delaysS": [1], "jitter": 0})
    ids = publish(project, "k", 3)
    wait_until(lambda: len(project.deliveries(webhook=webhook["id"], status="dead")) == 3, 20,
               "all are dead")
    receipt = {r.id: r for r in sink.receipts(path)}
    assert [receipt[i].count for i in ids] == [2, 2, 2]
    assert all(receipt[b].first_us >= receipt[a].last_us for a, b in zip(ids, ids[1:]))
    wait_until(lambda: left(project, webhook) == 0, 5, "nothing is left of the chains")


@pytest.mark.parametrize("place", [0, 1])
def test_cancelling_lets_the_next_go(project, sink, hook, place):
    """The first of a key, which waits, and one behind it."""
    path = f"/order/cancel{place}"
    sink.behave(path, status=503, every=1)
    webhook = hook(path, retry=LATER)
    ids = publish(project, "k", 3)
    wait_until(lambda: project.deliveries(webhook=webhook["id"], status="waiting"), 10, "it waits")
    sink.behave(path, status=200)
    one = project.delivery_of(ids[place])
    answer = project.api.post(f"{project.path}/deliveries/{one['id']}/cancel", {})
    assert answer.status == 200, answer
    if place == 1:
        first = project.delivery_of(ids[0])
        assert project.api.post(f"{project.path}/deliveries/{first['id']}/retry", {}).status == 200
    rest = [i for i in ids if i != ids[place]]
    delivered(sink, path, rest)
    assert in_order(sink, path, rest)
    assert project.delivery_of(ids[place])["status"] == "dead"
    wait_until(lambda: left(project, webhook) == 0, 5, "nothing is left of the chains")


def test_cancelling_in_bulk(project, sink, hook):
    path = "/order/bulk"
    sink.behave(path, status=503, every=1)
    webhook = hook(path, retry=LATER)
    for key in "abc":
        publish(project, key, 100)
    wait_until(lambda: len(project.deliveries(webhook=webhook["id"], status="waiting")) == 3, 10,
               "of each key one waits")
    answer = project.api.post(project.hook_path(webhook) + "/cancel", {})
    assert answer.status == 200 and answer.json["cancelled"] == 300, answer
    assert left(project, webhook) == 0
    assert len(project.deliveries(webhook=webhook["id"], status="dead")) == 300


def test_a_flood_of_one_key(project, sink, hook):
    """More than memory holds of one webhook, and others are not held up."""
    hook("/order/flood")
    project.webhook(sink.url("/order/other"), eventNames=["other"])
    sink.behave("/order/flood", delay_ms=2)
    ids = [i for _ in range(2) for i in publish(project, "k", 300)]
    other = project.publish_one(eventName="other")
    delivered(sink, "/order/other", [other])
    delivered(sink, "/order/flood", ids)
    assert in_order(sink, "/order/flood", ids)


def test_deleting_the_webhook_leaves_nothing(project, sink, hook):
    path = "/order/deleted"
    sink.behave(path, status=503, every=1)
    webhook = hook(path, retry=SOON)
    publish(project, "k", 300)
    wait_until(lambda: project.deliveries(webhook=webhook["id"], status="waiting"), 10, "it waits")
    assert project.api.delete(project.hook_path(webhook)).status == 204
    wait_until(lambda: left(project, webhook) == 0, 20, "nothing is left of the chains")


def test_what_is_refused(project, sink):
    def make(**fields):
        return project.api.post(project.path + "/webhooks", {
            "name": "refused", "kind": "system", "url": sink.url("/x"), "eventNames": ["*"],
            **fields})
    for fields, field in (({"ordering": "time"}, "ordering"), ({"ordering": 1}, "ordering"),
                          ({"ordering": "key", "batch": {"maxEvents": 10, "maxWaitMs": 10}}, "ordering")):
        answer = make(**fields)
        assert answer.status == 400 and answer.json["field"] == field, answer
