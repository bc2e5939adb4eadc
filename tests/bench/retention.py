#!/usr/bin/python3
"""What keeping costs: memory in Redis, speed, and a large replay beside a pinging client.

SPDX-License-Identifier: Apache-2.0

    tests/bench/retention.py [--events N] [--dead N] [--rounds N]

Needs what run.sh needs. The speed is the ratio of a system that keeps settled events to
one that does not, in the same round.
"""
import argparse
import os
import statistics
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import cases  # noqa: E402
from harness.sink import Sink  # noqa: E402
from harness.wait import wait_until  # noqa: E402
from stage import Nginx, System, figures  # noqa: E402

KEPT = {"ROUTER_EVENTS_KEEP_S": "3600", "ROUTER_EVENTS_KEEP_BYTES": str(1 << 30)}
NO_ATTEMPTS = {"ROUTER_ATTEMPTS_KEEP": "0"}
ALL_DEAD = {"ROUTER_DEAD_KEEP": "100000000", **NO_ATTEMPTS}
NO_RETRY = {"delaysS": [], "jitter": 0}


def fill(system, url, events, **webhook):
    """So many events to one webhook until none is under way; returns the webhook's id."""
    made = system.project_with("kept", [url], **webhook)[0]
    figures(system.publish("kept", events, batch=128, bytes=cases.BODY_BYTES))
    wait_until(system.settled, 600, "every delivery is settled", poll=0.05)
    return made


def bytes_each(settings, url, events, **webhook):
    """What Redis holds more of for each event, once all are settled."""
    system = System({"ROUTER_ATTEMPTS_KEEP": "100000000", **settings})
    try:
        before = system.client.info("memory")["used_memory"]
        fill(system, url, events, **webhook)
        return (system.client.info("memory")["used_memory"] - before) / events
    finally:
        system.finish()


def memory(nginx, sink, events):
    fine, refused = nginx.url("/hook"), sink.url("/refused")
    sink.behave("/refused", status=500)
    yield "an attempt, without the receiver's answer", bytes_each({}, fine, events)
    yield "a kept event", bytes_each({**KEPT, **NO_ATTEMPTS}, fine, events)
    yield ("a dead delivery with its event",
           bytes_each(ALL_DEAD, refused, events, retry=NO_RETRY))


def rates(nginx, events, rounds):
    """Deliveries a second, [(nothing kept, kept), ...]."""
    systems = System(), System(KEPT)
    try:
        for s in systems:
            cases.end_to_end(s, nginx, 20000, 128)
        return [tuple(cases.end_to_end(s, nginx, events, 128)["rate"] for s in systems)
                for _ in range(rounds)]
    finally:
        for s in systems:
            s.finish()


class Pings:
    """How long Redis lets another client wait, at the worst."""

    def __init__(self, client):
        self.client, self.worst_ms, self.over = client, 0, False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.over:
            began = time.monotonic()
            self.client.ping()
            self.worst_ms = max(self.worst_ms, (time.monotonic() - began) * 1000)

    def stop(self):
        self.over = True
        self.thread.join()
        return self.worst_ms


def replay(sink, dead):
    """(seconds and requests until all are in the backlog, worst ping in ms before and
    meanwhile, longest command in ms)."""
    system = System(ALL_DEAD)
    try:
        sink.behave("/replayed", status=500)
        webhook = fill(system, sink.url("/replayed"), dead, retry=NO_RETRY)
        pings = Pings(system.client)
        time.sleep(2)
        quiet = pings.stop()
        # What is replayed stays where it is, so that only the replay is measured.
        sink.behave("/replayed", delay_ms=60000)
        system.client.config_set("slowlog-log-slower-than", 500)
        system.client.slowlog_reset()
        pings = Pings(system.client)
        path, cursor, requests, done = f"/v1/projects/kept/webhooks/{webhook}/replay", None, 0, 0
        began = time.monotonic()
        while cursor or not requests:
            answer = system.api.post(path, {"cursor": cursor})
            assert answer.status == 200, answer
            requests, cursor = requests + 1, answer.json["nextCursor"]
            done += answer.json["replayed"]
        seconds = time.monotonic() - began
        worst = pings.stop()
        slow = [c["duration"] / 1000 for c in system.client.slowlog_get(1000)]
        assert done == dead, f"{done} of {dead}"
        return seconds, requests, quiet, worst, max(slow, default=0.5)
    finally:
        system.up.kill()
        system.finish()


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--events", type=int, default=100000)
    p.add_argument("--dead", type=int, default=200000)
    p.add_argument("--rounds", type=int, default=3)
    o = p.parse_args()
    folder = tempfile.mkdtemp(prefix="pr-bench-")
    nginx, sink = Nginx(folder), Sink(folder)
    try:
        for name, n in memory(nginx, sink, o.events):
            print(f"| {name} | {n:,.0f} |", flush=True)
        pairs = rates(nginx, o.events, o.rounds)
        print("kept / not kept:", ", ".join(f"{b:,.0f} / {a:,.0f}" for a, b in pairs),
              f"median ratio {statistics.median(b / a for a, b in pairs):.2f}", flush=True)
        seconds, requests, quiet, worst, slow = replay(sink, o.dead)
        print(f"replay of {o.dead:,}: {seconds:.1f} s in {requests} requests; the worst ping of "
              f"another client {worst:.1f} ms, before that {quiet:.1f} ms; the longest command {slow:.1f} ms")
    finally:
        sink.stop()
        nginx.close()


if __name__ == "__main__":
    main()
