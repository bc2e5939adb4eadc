"""SIGKILL of every process, alone and together, under constant load.

SPDX-License-Identifier: Apache-2.0

POSTRIDER_FAULT_KILLS (10) says how many kills; past the fixed ones below they are
drawn at random from POSTRIDER_FAULT_SEED, which is printed.
"""
import os
import random

from harness.wait import wait_until

KILLS = int(os.environ.get("POSTRIDER_FAULT_KILLS", "10"))
SEED = int(os.environ.get("POSTRIDER_FAULT_SEED", "0")) or random.SystemRandom().getrandbits(32)

# Each alone, then pairs that hand work to one another, then everything.
FIRST = [["ingest0"], ["router0"], ["sender0"], ["console"], ["redis"],
         ["router1", "sender1"], ["redis", "router0"]]


def everyone(stage):
    return list(stage.system.processes)


def test_kills(stage):
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    rounds = 0
    while stage.kills < KILLS:
        if rounds < len(FIRST):
            names = FIRST[rounds]
        elif rounds == len(FIRST) or rng.random() < 0.1:
            names = everyone(stage)
        else:
            names = rng.sample(everyone(stage), rng.choice([1, 1, 1, 2, 2, 3]))
        stage.strike_and_recover(names, rng.randrange(5, 60))
        rounds += 1
    stage.check()


def test_a_router_that_stays_dead(stage):
    """Its partitions go to the other within its lease's time, with all they hold."""
    for name, other in (("router0", "router1"), ("router1", "router0")):
        stage.system.kill(name)
        stage.kills += 1
        wait_until(lambda other=other: stage.owners_are([other]), 15, f"{other} takes over")
        stage.progress(f"without {name}")
        stage.system.restart(name)
        stage.system.wait_healthy([name])
        wait_until(lambda: stage.owners_are(["router0", "router1"]), 15, "they share again")
        stage.progress(f"with {name} again")
    stage.check()


def test_everything_at_once_twice(stage):
    """Also while the first recovery is still under way."""
    stage.strike(*everyone(stage))
    stage.strike(*everyone(stage))
    stage.system.wait_healthy()
    stage.progress("after everything was killed twice")
    stage.check()
