"""Kills, scaling and restarts under load, at the end of which nothing may be lost.

SPDX-License-Identifier: Apache-2.0
"""
import os

import pytest

from harness.http import request
from harness.process import ROOT
from harness.wait import wait_until
from stack import SERVICES, docker, inspect

PROJECT = "load"
RATE = 200
FLOWS_S = 40  # a lease that must end, an engine that starts a container later and later


class Traffic:
    """A publisher in a container, and what the receiver has got of it."""

    def __init__(self, stack):
        self.stack = stack
        self.folder = os.path.join(stack.folder, "out")
        os.makedirs(self.folder)
        answer = stack.api.post("/v1/projects", {"id": PROJECT})
        assert answer.status == 201, answer
        answer = stack.api.post(f"/v1/projects/{PROJECT}/webhooks", {
            "name": "all", "kind": "system", "url": "http://receiver:8000/delay-ms/50/all",
            "eventNames": ["*"], "retry": {"delaysS": [1] * 20, "jitter": 0}})
        assert answer.status == 201, answer
        stack.run_beside("publisher", stack.images.tools, "python3", "-m", "harness.load",
                         "tcp://front:5570", PROJECT, str(RATE), "1.5", "/out/acknowledged",
                         flags=("-v", f"{ROOT}/tests:/tests:ro", "-v", f"{self.folder}:/out",
                                "-w", "/tests"))
        self.container = stack.id_beside("publisher")

    def acknowledged(self):
        path = os.path.join(self.folder, "acknowledged")
        if not os.path.exists(path):
            return set()
        with open(path, encoding="ascii") as f:
            return {line.split(" ")[0] for line in f.read().split("\n")[:-1]}

    def distinct(self):
        return request("GET", self.stack.receiver + "/_stats").json["distinct"]

    def wait_flows(self, what):
        """Until what is published from now on arrives."""
        sent, got = len(self.acknowledged()), self.distinct()
        wait_until(lambda: len(self.acknowledged()) > sent + RATE // 2, FLOWS_S,
                   f"{what}: publishing goes on", poll=0.2)
        wait_until(lambda: self.distinct() > got + RATE // 2, FLOWS_S,
                   f"{what}: delivering goes on", poll=0.2)

    def finish(self):
        docker("stop", "-t", "60", self.container, timeout=90)
        assert inspect(self.container)["State"]["ExitCode"] == 0, "the publisher failed"
        sent = self.acknowledged()
        wait_until(lambda: self.distinct() >= len(sent), 60,
                   f"{len(sent)} acknowledged events arrive", poll=0.5)
        receipts = {r.id: r.count for r in self.stack.receipts()}
        lost = sent - set(receipts)
        assert not lost, f"{len(lost)} of {len(sent)} acknowledged events were lost: {sorted(lost)[:5]}"
        return len(sent), sum(receipts.values()) - len(receipts)


@pytest.fixture(scope="module")
def traffic(stack):
    made = Traffic(stack)
    made.wait_flows("at first")
    return made


def crash(stack, container):
    """The process dies, and the engine starts it again."""
    before = inspect(container)
    stack.kill_process(container)
    wait_until(lambda: inspect(container)["State"]["Running"]
               and inspect(container)["State"]["StartedAt"] != before["State"]["StartedAt"],
               30, f"{before['Name']} is started again", poll=0.1)
    assert inspect(container)["RestartCount"] == before["RestartCount"] + 1


def test_scaled_up_each_is_used(stack, traffic):
    stack.up(ingest=2, router=2, sender=3, tokens=2)
    stack.wait_healthy()
    traffic.wait_flows("scaled up")
    processes = stack.api.get("/v1/status").json["processes"]
    names = {p["instance"] for p in processes if p["healthy"]}
    assert len(names) == len(processes) == 10, processes
    held = [line for line in stack.metrics("router").splitlines()
            if line.startswith("postrider_router_partitions ")]
    assert sorted(float(line.split()[1]) for line in held) and len(held) == 2
    assert sum(float(line.split()[1]) for line in held) == 16, held


@pytest.mark.parametrize("service", [*SERVICES, "front"])
def test_one_of_them_crashes(stack, traffic, service):
    crash(stack, stack.containers(service)[0])
    traffic.wait_flows(f"{service} crashed")


def test_docker_kill_and_up_again(stack, traffic):
    """docker kill counts as a wish: the engine does not start it again, `up` does."""
    for service in ("ingest", "router", "sender"):
        docker("kill", "-s", "KILL", stack.containers(service)[0])
    traffic.wait_flows("one of each killed")
    stack.up()
    traffic.wait_flows("up again")


def test_scaled_down_again(stack, traffic):
    stack.up(ingest=1, router=1, sender=1, tokens=1)
    for service in SERVICES:
        assert len(stack.containers(service)) == 1, service
    traffic.wait_flows("scaled down")


def test_the_only_one_crashes(stack, traffic):
    for service in ("ingest", "router", "sender"):
        crash(stack, stack.containers(service)[0])
    traffic.wait_flows("the only ones crashed")


def test_redis_crashes_and_is_restarted(stack, traffic):
    redis = stack.containers("redis")[0]
    crash(stack, redis)
    traffic.wait_flows("Redis crashed")
    docker("stop", redis)
    # Health is what the program says of itself.
    out = docker("exec", stack.containers("ingest")[0], "postrider", "health", "ingest",
                 check=False)
    assert out.returncode == 1 and "redis is away" in out.stdout, out
    docker("start", redis)
    traffic.wait_flows("Redis restarted")


def test_everything_is_stopped_and_started(stack, traffic):
    stack.compose("stop", "-t", "40")
    for seen in stack.inspect_all():
        assert not seen["State"]["Running"]
        if seen["Config"]["Image"] == stack.images.postrider:
            assert seen["State"]["ExitCode"] == 0, f"{seen['Name']} did not end by itself"
    stack.up()
    traffic.wait_flows("all restarted")


def test_nothing_was_lost(stack, traffic):
    count, repeats = traffic.finish()
    print(f"{count} events acknowledged, none lost, {repeats} delivered twice")
    assert repeats < count / 2
    stack.wait_healthy()


def test_the_demo_is_seen_in_the_console(stack):
    stack.up("demo")

    def arrived():
        answer = stack.api.get("/v1/inboxes/demo")
        return answer.status == 200 and len(answer.json["data"]) > 2
    wait_until(arrived, 40, "the demo's events in the inbox", poll=0.5)
    deliveries = stack.api.get("/v1/projects/demo/deliveries", status="delivered").json["data"]
    assert deliveries and deliveries[0]["eventName"] == "emailOpen"
