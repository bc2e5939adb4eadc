"""The master is killed, hangs, and is replaced by hand, under load: with
POSTRIDER_MIN_REPLICAS=1 every acknowledged event is delivered.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import time

import pytest

from harness.fault import Stage
from harness.guarded import Guarded
from harness.http import request
from harness.publisher import Publisher
from harness.wait import stays, wait_until

# From the sentinels' decision to the next acknowledged and delivered event: their own part, to
# make replicas of the others, is in it, and the machine that runs all of this.
AGAIN_S = 6


@pytest.fixture
def stage(request):
    made = Stage(kind=Guarded)
    yield made
    made.finish(getattr(request.node, "failed", False))


def works_again(stage, what):
    stage.progress(what, deliveries=5)
    took = time.monotonic() - stage.system.switched
    print(f"{what}: works again after {took:.2f} s")
    assert took < AGAIN_S, what


def test_the_master_fails(stage):
    system = stage.system
    first = system.master()
    system.processes[first].kill()
    second = system.wait_switched(first)
    works_again(stage, "with the killed one's replica")
    system.bring_back(first)

    # It hangs, wakes up as the master that it was, and is not believed.
    system.pause(second)
    third = system.wait_switched(second)
    works_again(stage, "beside one that hangs")
    system.resume(second)
    wait_until(lambda: system.client(second).ping(), 5, "it is awake")
    stage.progress("beside an old master", deliveries=5)
    system.bring_back(second)

    system.by_hand()
    fourth = system.wait_switched(third)
    works_again(stage, "after a change by hand")
    wait_until(lambda: system.replicas_of(system.servers[fourth]) == 2, 20, "two replicas again")

    system.processes[fourth].kill()
    system.wait_switched(fourth)
    works_again(stage, "with one that is left")
    assert all(system.processes[n].alive() for n in system.services())
    stage.check()


def test_too_few_replicas(stage):
    """Nothing is acknowledged that only the master has, and nothing is lost meanwhile."""
    system = stage.system
    master = system.master()
    replicas = [n for n in system.servers if n != master]
    for name in replicas:
        system.pause(name)
    wait_until(lambda: not system.healthy("ingest0"), 10, "ingest is no longer healthy")
    before, busy = stage.load.count(), stage.load.stats()["busy"]
    wait_until(lambda: stage.load.stats()["busy"] > busy, 10, "publishers are told")
    project = stage.tracks[0].project
    answer = request("POST", f"{system.http_base}{project.path}/events",
                     b'{"eventName":"common","email":"a@b"}',
                     {"Content-Type": "application/json",
                      "Authorization": f"Bearer {project.api.key}"})
    assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1, answer
    assert stage.load.count() == before, "nothing is acknowledged"
    system.resume(replicas[0])
    stage.progress("with one replica", deliveries=5)
    system.wait_healthy(["ingest0"])
    system.resume(replicas[1])
    stage.check()


def test_a_repeat_is_acknowledged_like_the_first():
    """What another ingest has written is waited for as well."""
    system = Guarded(routers=1, senders=1, ingests=2)
    try:
        project = system.project()
        project.wait_known()
        first, second = (Publisher(endpoint(system, n)) for n in ("ingest0", "ingest1"))
        master = system.master()
        replicas = [n for n in system.servers if n != master]
        for publisher in (first, second):  # both know of the project, and of replicas
            assert publisher.send(project.message())["ok"]
        for name in replicas:
            system.pause(name)
        raw = json.dumps(project.message(id="once")).encode()
        first.send_frames([raw])
        wait_until(lambda: list(system.redis.scan_iter(match="pr:{p*}:idem:*:once")), 5,
                   "the first is in Redis")
        second.send_frames([raw])
        stays(lambda: not first.socket.poll(0) and not second.socket.poll(0), 1,
              "nobody is told that it is kept")
        for name in replicas:
            system.resume(name)
        replies = [json.loads(p.receive_frames()[-1]) for p in (first, second)]
        assert all(r["ok"] for r in replies), replies
        assert replies[0]["ids"] == replies[1]["ids"]
        assert [r["duplicates"] for r in replies] == [0, 1]
    finally:
        system.kill_all()
        system.remove()


def endpoint(system, name):
    """Of its acknowledged socket."""
    return re.search(r"event=listening endpoint=(\S+)", system.processes[name].log()).group(1)
