"""Order by key: 1,000 keys, 100,000 events, while routers and senders are killed.

SPDX-License-Identifier: Apache-2.0

The publisher sends one event of every key, waits for the answer, and sends the next
round, so the order of acceptance is known. Of each key no event may come before the one
in front of it has been delivered, whatever was killed, and whatever the receiver has refused meanwhile.
"""
import os

import pytest

from harness.scene import Scene
from harness.wait import wait_until

KEYS = int(os.environ.get("POSTRIDER_FAULT_KEYS", "1000"))
ROUNDS = int(os.environ.get("POSTRIDER_FAULT_ROUNDS", "100"))
# After how many rounds who is killed and started again.
KILLS = {15: ["router0"], 30: ["sender0"], 45: ["router0", "sender1"], 60: ["router1"],
         80: ["redis"]}


@pytest.fixture
def ordered():
    made = Scene(routers=2, senders=2, settings={"ROUTER_LEASE_MS": "1000",
                                                 "ROUTER_STRAGGLER_MS": "500"})
    yield made.system, made.sink, made.project
    made.close()


def publish_round(project, number):
    """One event of each key; sent again until it is acknowledged."""
    batch = [project.message(orderingKey=f"k{k}", id=f"{k}-{number}",
                             dataFields={"key": k, "n": number}) for k in range(KEYS)]

    def accepted():
        reply = project.publisher.send(batch)
        return reply["ids"] if reply["ok"] else None
    return wait_until(accepted, 30, f"round {number} is acknowledged")


def inversions(rounds, receipts):
    """Events that came before the one in front of them had been delivered."""
    receipt = {r.id: r for r in receipts}
    return [(k, n) for k in range(KEYS) for n in range(1, len(rounds))
            if receipt[rounds[n][k]].first_us < receipt[rounds[n - 1][k]].first_ok_us]


def left_over(system):
    return system.kept("log", "held", "due", "delivery", "event", "chains", "chain:*",
                       "backlog:*")


def test_no_inversion(ordered):
    system, sink, project = ordered
    # Every 50th request fails: its key waits for a second, and so does what follows.
    sink.behave("/ordered", status=500, every=50)
    project.webhook(sink.url("/ordered"), ordering="key",
                    retry={"delaysS": [1] * 32, "jitter": 0.2})
    rounds = []
    for number in range(ROUNDS):
        rounds.append(publish_round(project, number))
        for name in KILLS.get(number, ()):
            system.kill(name)
            system.restart(name)
    everything = {i for ids in rounds for i in ids}
    assert len(everything) == KEYS * ROUNDS
    wait_until(lambda: len(everything - sink.ok_ids("/ordered")) == 0, 120,
               "every event is delivered", poll=0.5)
    receipts = sink.receipts("/ordered")
    assert inversions(rounds, receipts) == []
    print(f"{len(everything)} events, {sum(r.count for r in receipts)} requests")
    wait_until(lambda: left_over(system) == {}, 30, "nothing is left in Redis", poll=0.2)
