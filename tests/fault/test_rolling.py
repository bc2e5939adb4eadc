"""Every process stopped and started anew, one after the other, under load.

SPDX-License-Identifier: Apache-2.0

SIGTERM, the end, a new start, as an upgrade does it. Publishers that retry notice nothing
but a pause, every process ends within its drain time with code 0, and nothing is delivered
twice: not what was under way either.
"""
import itertools
import json
import subprocess
import threading
import time

import pytest

from harness.fault import Stage
from harness.process import binary
from harness.wait import wait_until

ROUTERS = ("router0", "router1")
ORDER = ("ingest0", "ingest1", "router0", "router1", "sender0", "sender1", "tokens0", "tokens1",
         "console")
DRAIN_S = 5  # of the stage
BATCH, PER_S = 10, 100


class Lines(threading.Thread):
    """`postrider publish -`, which reads messages as they come. It has one ingest only, and
    tries again by itself."""

    def __init__(self, system, project):
        super().__init__(daemon=True)
        argv = [binary("postrider"), "publish", "-", "--json", "--batch", str(BATCH),
                "--in-flight", "4", "--project", project]
        self.child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True,
                                      env=system.client_environment())
        self.done, self.sent = threading.Event(), 0
        self.start()

    def run(self):
        for n in itertools.count(1):
            for i in range(BATCH):
                message = {"eventName": "lines", "email": "a@b", "id": f"line-{n}-{i}"}
                self.child.stdin.write(json.dumps(message) + "\n")
            self.child.stdin.flush()
            self.sent += BATCH
            if self.done.wait(BATCH / PER_S):
                return

    def end(self):
        """What it says of all it has published."""
        self.done.set()
        self.join()
        out, errors = self.child.communicate(timeout=30)
        assert self.child.returncode == 0, errors
        return json.loads(out)


@pytest.fixture
def rolling(request, server):
    made = Stage(ingests=2, tokens=2, projects=3, rate=300, settings={"ROUTER_LANE_HEAD": "32"},
                 endpoints=lambda s: [s.publish_endpoint, s.endpoints["ingest1"]])
    yield made, server
    made.finish(getattr(request.node, "failed", False))


def make_webhooks(stage, server):
    """Receivers that are slow, so that much is under way and in backlogs all the time;
    what goes there is the first delivery of its event, or the last."""
    system, sink = stage.system, stage.sink
    for path in ("/slow", "/slow-lines", "/lines"):
        sink.behave(path, delay_ms=400)
    few = {"concurrency": 28, "ratePerSecond": 0}
    lines = system.project("lines")
    lines.wait_known()
    lines.webhook(sink.url("/slow-lines"), limits=few)
    lines.webhook(sink.url("/lines"), limits={"concurrency": 38, "ratePerSecond": 0})
    for track in stage.tracks:
        track.project.webhook(sink.url("/slow"), eventNames=["common"], limits=few)
    project = stage.tracks[0].project
    project.oauth_webhook(sink.url("/oauth"), project.credential(server), eventNames=["common"])
    return lines


def restart(stage, name):
    system = stage.system
    wait_until(lambda: stage.owners_are(ROUTERS), 15, "both routers have partitions")
    began = time.monotonic()
    assert system.processes[name].stop() == 0, name
    took = time.monotonic() - began
    if name != "console":
        stage.progress(f"without {name}")
    system.restart(name)
    system.wait_healthy([name])
    stage.progress(f"after the restart of {name}")
    print(f"{name}: ended after {took:.2f} s, load: {stage.load.stats()}")
    assert took < DRAIN_S, name


def test_rolling_restart(rolling):
    stage, server = rolling
    sink = stage.sink
    project = make_webhooks(stage, server)
    lines = Lines(stage.system, project.id)
    stage.progress("all webhooks are there", 50)
    for name in ORDER:
        restart(stage, name)
    said = lines.end()
    assert said["accepted"] + said["duplicates"] == lines.sent, said
    stage.check()
    for path in ("/lines", "/slow-lines"):
        wait_until(lambda path=path: len(sink.ok_ids(path)) == lines.sent, 10,
                   f"every line is delivered to {path}")
    for path in ("/slow", "/oauth", "/lines", "/slow-lines"):
        repeats = [r for r in sink.receipts(path) if r.count > 1]
        assert not repeats, f"{len(repeats)} of {path}: {repeats[:3]}"
    assert stage.repeats == 0
    project.close()
