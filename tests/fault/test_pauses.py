"""Processes that sleep past their lease, and routers that come and go.

SPDX-License-Identifier: Apache-2.0

POSTRIDER_FAULT_STOP_S (5) says how long a pause is: longer than a router's lease.
"""
import os

import pytest

from harness.fault import LEASE_MS
from harness.wait import stays, wait_until

STOP_S = float(os.environ.get("POSTRIDER_FAULT_STOP_S", "5"))


def test_pauses(stage):
    """The one that slept wakes up and must not undo what its successor did."""
    assert STOP_S * 1000 > LEASE_MS
    for name in ("router0", "sender0", "redis", "ingest0"):
        stage.system.pause(name)
        if name.startswith(("router", "sender")):
            stage.progress(f"the others go on without {name}", 30)
        stays(lambda: True, STOP_S, poll=0.2)
        stage.system.resume(name)
        stage.progress(f"after {name} slept")
    stage.system.wait_healthy()
    stage.check()


@pytest.mark.parametrize("stage", [{"routers": 2, "senders": 1}], indirect=True)
def test_take_over_and_rebalancing(stage):
    system = stage.system
    wait_until(lambda: stage.owners_are(["router0", "router1"]), 15, "both have partitions")
    system.kill("router0")
    wait_until(lambda: stage.owners_are(["router1"]), 15, "the other takes over")
    stage.progress("with one router")
    system.restart("router0")
    system.start_router("router2")
    system.start_router("router3")
    system.wait_healthy()
    wait_until(lambda: len(set(system.owners().values())) > 1, 20, "the partitions spread again")
    stage.progress("with four routers")
    system.processes["router1"].stop()
    wait_until(lambda: "router1" not in system.owners().values(), 15, "it has handed over")
    stage.progress("after one has left politely")
    stage.check()


@pytest.mark.parametrize("stage", [{"routers": 1, "senders": 1}], indirect=True)
def test_polite_restarts_repeat_nothing(stage):
    """SIGTERM and a new start of each: no loss, and no repeat either."""
    for name in ("ingest0", "sender0", "router0", "console"):
        assert stage.system.processes[name].stop() == 0
        stage.system.restart(name)
        stage.system.wait_healthy([name])
        stage.progress(f"after the restart of {name}")
    stage.check()
    assert stage.repeats == 0
