"""Connections to receivers are used again, and idle ones do not pile up.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.http import metric
from harness.scene import Scene
from harness.wait import wait_until

MAX = 8
HOSTS = 60


@pytest.fixture
def scene():
    made = Scene(settings={"SENDER_MAX_IN_FLIGHT": str(MAX)}, sink_flags=("--host", "0.0.0.0"))
    yield made
    made.close()


def connections(scene):
    return metric(scene.system.admin_base("sender0"), "sender_connections ")


def deliver(scene, names):
    """One event for each, all delivered."""
    before = scene.sink.stats("/many")["requests"]
    for name in names:
        scene.project.publish_one(eventName=name)
    wait_until(lambda: scene.sink.stats("/many")["requests"] == before + len(names), 20,
               "all are delivered")


def test_connections(scene):
    port = scene.sink.url().split(":")[2].rstrip("/")
    names = [f"e{i}" for i in range(HOSTS)]
    for i, name in enumerate(names):
        scene.project.webhook(f"http://127.0.0.{i + 2}:{port}/many", eventNames=[name],
                              wait=i == HOSTS - 1)
    for _ in range(20):
        deliver(scene, names[:1])
        # The test's probe may have left as many as may be under way.
        assert connections(scene) <= MAX + 1, "the same one is used again"
    peak = 0
    for _ in range(3):
        for name in names:
            deliver(scene, [name])
            peak = max(peak, connections(scene))
    assert MAX // 2 <= peak <= MAX * 3 // 2 + 1, "half as many more than may be under way are kept"
