"""SIGKILL of a router whose circuit is open.

SPDX-License-Identifier: Apache-2.0
"""
from harness.scene import Scene
from harness.wait import wait_until

PATH = "/down"
MANY = 500
LATER = {"delaysS": [3600, 3600, 3600], "jitter": 0}


def test_what_is_put_off_waits_for_a_success():
    """A new router begins with a closed circuit. It tries one now and then, and does not
    fetch them all to find it open again."""
    scene = Scene()
    try:
        project, sink = scene.project, scene.sink
        sink.behave(PATH, status=500)
        webhook = project.webhook(sink.url(PATH), retry=LATER)
        events = set(project.publish(MANY))

        def listed(status):
            return [d["event"] for d in project.deliveries(webhook=webhook["id"], status=status)]
        wait_until(lambda: set(listed("waiting")) == events, 20, "all wait for their next try")
        scene.system.kill_and_restart("router0")
        before = sink.stats(PATH)["requests"]
        wait_until(lambda: sink.stats(PATH)["requests"] >= before + 3, 20, "some are tried")
        assert len(listed("waiting")) >= MANY - 1 and len(listed("queued")) <= 1
        assert sink.stats(PATH)["requests"] < before + 8
        sink.behave(PATH, status=204)
        tried = {r.id for r in sink.receipts(PATH) if r.ok < r.count}
        wait_until(lambda: events - tried <= sink.ok_ids(PATH), 20, "what was put off is delivered")
    finally:
        scene.close()
