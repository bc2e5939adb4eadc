"""What a deleted webhook leaves in Redis: nothing, and no other one misses anything.

SPDX-License-Identifier: Apache-2.0
"""
import time

import pytest

from harness.system import Parts
from harness.wait import wait_until

NO_RETRY = {"delaysS": [], "jitter": 0}
MANY = 600  # more than two chunks


@pytest.fixture(scope="module")
def system():
    """Its own, for what is in a partition is counted."""
    parts = Parts()
    yield parts
    parts.close()


def keys_of(system, webhook):
    return [k.decode() for k in system.redis.scan_iter(match="*" + webhook["id"][3:], count=1000)]


def kept(system):
    """Records, events and their counts, in all partitions."""
    return {kind: system.kept_of(kind) for kind in ("delivery", "event", "ref")}


def is_noted(system, webhook):
    r = system.redis
    return any(r.zscore(k, webhook["id"]) is not None for k in r.scan_iter(match="pr:{p*}:purge"))


def make_dead(project, sink, path, webhooks, count):
    """So many events, each dead for each of so many webhooks."""
    sink.behave(path, status=500)
    made = [project.webhook(sink.url(path), retry=NO_RETRY) for _ in range(webhooks)]
    events = []
    while len(events) < count:
        events += project.publish(min(100, count - len(events)))
    r = project.system.redis
    def all_dead():
        sizes = [r.zcard(k) for w in made for k in keys_of(project.system, w) if ":dead:" in k]
        return sizes == [count] * webhooks
    wait_until(all_dead, 20, f"{count} dead deliveries of each webhook")
    return made, set(events)


def wait_gone(system, webhook):
    wait_until(lambda: keys_of(system, webhook) == [], 15,
               f"nothing of {webhook['id']} is left")


def test_deleted_webhook(system, sink, project, path):
    (first, second), events = make_dead(project, sink, path, 2, MANY)
    assert kept(system) == {"delivery": 2 * MANY, "event": MANY, "ref": MANY}
    assert project.api.delete(project.hook_path(first)).status == 204
    wait_gone(system, first)
    # The other one needs every event still, and has them whole.
    assert kept(system) == {"delivery": MANY, "event": MANY, "ref": 0}
    sink.behave(path)
    answer = project.api.post(project.hook_path(second) + "/replay", {})
    assert answer.status == 200 and answer.json["replayed"] == MANY, answer
    wait_until(lambda: sink.ok_ids(path) == events, 20, "all have been delivered")
    wait_until(lambda: kept(system) == {"delivery": 0, "event": 0, "ref": 0}, 10,
               "no record remains")
    assert project.api.delete(project.hook_path(second)).status == 204
    wait_gone(system, second)


def test_deleted_project(system, sink, project, path):
    webhooks, _ = make_dead(project, sink, path, 3, 20)
    assert project.api.delete(project.path).status == 204
    for webhook in webhooks:
        wait_gone(system, webhook)
    assert kept(system) == {"delivery": 0, "event": 0, "ref": 0}


def test_console_that_died(system, sink, project, path):
    """Noted, one document gone, then killed: the next one goes on. A webhook that was
    noted but is there still loses nothing."""
    (gone, there), _ = make_dead(project, sink, path, 2, 20)
    r = system.redis
    partition = next(k for k in keys_of(system, gone) if ":dead:" in k).split("dead:")[0]
    system.kill("console")
    r.zadd(partition + "purge", {gone["id"]: int(time.time() * 1000), there["id"]: 1})
    r.hdel("pr:{cfg}:webhook", gone["id"])
    r.incr("pr:{cfg}:version")
    system.restart("console")
    system.wait_healthy(["console"])
    wait_gone(system, gone)
    wait_until(lambda: not is_noted(system, there), 10, "noted long ago: forgotten")
    assert is_noted(system, gone)
    r.zadd(partition + "purge", {gone["id"]: 1})
    wait_until(lambda: not is_noted(system, gone), 20, "noted long ago: forgotten")
    assert kept(system) == {"delivery": 20, "event": 20, "ref": 0}
    assert len(project.deliveries(webhook=there["id"], status="dead")) == 20
    assert project.api.delete(project.path).status == 204
    wait_gone(system, there)


def test_deletion_is_noted(system, sink, project, path):
    """A router that hears of it late may write once more."""
    (webhook,), _ = make_dead(project, sink, path, 1, 5)
    assert project.api.delete(project.hook_path(webhook)).status == 204
    wait_gone(system, webhook)
    assert is_noted(system, webhook)
