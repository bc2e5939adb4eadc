"""What has ended is kept for so long, and no longer.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.system import Parts
from harness.wait import wait_until

KEEP_BYTES = 65536


@pytest.fixture(scope="module")
def system():
    parts = Parts(settings={"ROUTER_EVENTS_KEEP_S": "1", "ROUTER_ATTEMPTS_KEEP_S": "1",
                            "ROUTER_DEAD_KEEP_S": "1", "PARTITIONS": "1"})
    yield parts
    parts.close()


def publish_large(project):
    return project.publish_one(dataFields={"x": "x" * 5000})


def restart_router(system, **settings):
    system.processes["router0"].stop()
    system.settings.update(settings)
    system.start_router("router0")
    system.wait_healthy(["router0"])


def test_by_age(system, sink, project, path):
    """Streams lose whole nodes of entries, so newer entries have to come after them."""
    sink.behave(path, status=500, body="y" * 1000)
    webhook = project.webhook(sink.url(path), retry={"delaysS": [], "jitter": 0})
    project.webhook(sink.url(path + "/fine"))
    sink.behave(path + "/fine", status=200, body="y" * 1000)
    r, first = system.redis, publish_large(project)
    dead = "pr:{p0}:dead:" + webhook["id"][3:]
    wait_until(lambda: r.zcard(dead) == 1, 10, "it is dead")
    def is_listed(where, key, **query):
        publish_large(project)
        return any(e[key] == first for e in project.api.pages(project.path + where, **query))
    assert is_listed("/deliveries", "event", status="dead")
    assert r.xlen("pr:{p0}:events") and r.xlen("pr:{p0}:attempts")
    wait_until(lambda: not is_listed("/deliveries", "event", status="dead"), 20,
               "it is dead no more", poll=0.05)
    wait_until(lambda: not is_listed("/deliveries", "event"), 20, "nor delivered", poll=0.05)
    wait_until(lambda: not is_listed("/events", "id"), 20, "nothing knows of it", poll=0.05)
    wait_until(lambda: r.hlen("pr:{p0}:delivery") == r.zcard(dead) == r.hlen("pr:{p0}:event"),
               5, "its record is gone, too")


def test_by_size_and_not_at_all(system, sink, project, path):
    restart_router(system, ROUTER_EVENTS_KEEP_S="3600", ROUTER_ATTEMPTS_KEEP_S="0",
                   ROUTER_EVENTS_KEEP_BYTES=str(KEEP_BYTES))
    project.webhook(sink.url(path))
    r, before = system.redis, len(project.publish(40))
    for _ in range(40):
        project.publish(dataFields={"x": "x" * 10000})
    wait_until(lambda: len(sink.ok_ids(path)) == before + 40, 10, "all are delivered")
    def kept():
        return sum(len(f[b"b"]) for _, f in r.xrange("pr:{p0}:events"))
    wait_until(lambda: 0 < kept() < 3 * KEEP_BYTES, 10, "most of them are gone")
    restart_router(system, ROUTER_EVENTS_KEEP_S="0")
    wait_until(lambda: not r.exists("pr:{p0}:events"), 10, "none is kept any more")
    assert r.xlen("pr:{p0}:attempts") > 0
