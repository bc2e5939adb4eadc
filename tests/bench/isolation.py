#!/usr/bin/python3
"""Twenty healthy receivers, alone and beside three that are not.

SPDX-License-Identifier: Apache-2.0

    tests/bench/isolation.py [--rate N] [--seconds N] [--queued N] [--rounds N]

Each round: publish-to-receipt at the healthy ones; then a flood for three others of the
same project (one hangs until the time-out, one answers 500, one resets connections);
when the router has read all of that, the same measurement again, while it is queued: until
then what is published stands behind the flood in the partition's log. Exit 1: in the median round the
healthy ones' p99 is more than twice what it was. Once more after that ("waiting"), when
the flood's first retries have gone to the backlogs; that one is only shown. Needs what
run.sh needs.
"""
import argparse
import os
import statistics
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from cases import BODY_BYTES, _percentiles, _published  # noqa: E402
from harness.sink import Sink  # noqa: E402
from harness.wait import wait_until  # noqa: E402
from stage import System, figures  # noqa: E402

HEALTHY = 20
BAD = {"hangs": {"stall": 1}, "500": {"status": 500}, "resets": {"reset": 1}}
TARGET = 2


class Receivers:
    """The healthy ones' receipts go to a file; the bad ones are another process."""

    def __init__(self, folder):
        self.record = os.path.join(folder, "received")
        self.good = Sink(folder, "--record", self.record, name="good")
        self.bad = Sink(folder, name="bad")
        for name, behaviour in BAD.items():
            self.bad.behave("/" + name, **behaviour)

    def receipts(self):
        """{(event, path): µs}"""
        found = {}
        with open(self.record, encoding="ascii") as f:
            for line in f:
                if line.endswith("\n"):
                    us, event, path = line.split()
                    found.setdefault((event, path), int(us))
        return found

    def stop(self):
        self.good.stop()
        self.bad.stop()


def measure(system, receivers, folder, o):
    """p50, p99, p999 in ms, from when an event was due to be published."""
    record = os.path.join(folder, "published")
    if os.path.exists(record):
        os.unlink(record)
    figures(system.publish("iso", o.rate * o.seconds, batch=1, rate=o.rate, bytes=BODY_BYTES,
                           record=record))
    sent = _published(record)
    paths = [f"/good/{i}" for i in range(HEALTHY)]

    def times():
        got = receivers.receipts()
        each = [got.get((e, p), 0) - due for e, (due, _) in sent.items() for p in paths]
        return each if min(each) > 0 else None
    return _percentiles(wait_until(times, 60, "everything is received", poll=0.5))


def memory(system):
    return {s: system.rss_kb(s) / 1024 for s in ("router", "sender")}


def one_round(folder, o):
    system, receivers = System({"PARTITIONS": "1"}), Receivers(folder)
    system.PARTITIONS = 1
    try:
        system.project_with("iso", [receivers.good.url(f"/good/{i}") for i in range(HEALTHY)])
        for name in BAD:
            document = {"name": name, "kind": "system", "url": receivers.bad.url("/" + name),
                        "eventNames": ["bad"]}
            answer = system.admin.post("/v1/projects/iso/webhooks", document)
            assert answer.status == 201, answer
        # Opens connections, and leaves the first second out.
        measure(system, receivers, folder, argparse.Namespace(rate=o.rate, seconds=2))
        alone = measure(system, receivers, folder, o)
        before = memory(system)
        began = time.monotonic()
        figures(system.publish("iso", o.queued, batch=128, bytes=BODY_BYTES, name="bad"))
        wait_until(lambda: system.open_entries() == 0, 120, "the flood has left the log", poll=0.05)
        intake = time.monotonic() - began
        beside = measure(system, receivers, folder, o)
        after = memory(system)
        waiting = measure(system, receivers, folder, o)
        left = system.client.zcard("pr:{p0}:due") + sum(
            system.client.zcard(k) for k in system.client.keys("pr:{p0}:backlog:*"))
        return {"alone": alone, "beside": beside, "waiting": waiting, "before": before,
                "after": after, "end": memory(system), "left": left, "intake": intake}
    finally:
        system.up.kill()
        system.finish()
        receivers.stop()


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--rate", type=int, default=100, help="events a second, to each of the 20")
    p.add_argument("--seconds", type=int, default=15)
    p.add_argument("--queued", type=int, default=100000, help="events, for each of the bad")
    p.add_argument("--rounds", type=int, default=3)
    o = p.parse_args()
    ratios = []
    for _ in range(o.rounds):
        with tempfile.TemporaryDirectory(prefix="pr-bench-") as folder:
            r = one_round(folder, o)
        ratios.append(r["beside"]["p99"] / r["alone"]["p99"])
        for name in ("alone", "beside", "waiting"):
            print(name, " ".join(f"{k} {v:.2f} ms" for k, v in r[name].items()))
        for name in ("before", "after", "end"):
            print(name, " ".join(f"{k} {v:.1f} MiB" for k, v in r[name].items()))
        print(f"taken in within {r['intake']:.1f} s, left {r['left']:,}; p99 ratio {ratios[-1]:.2f}", flush=True)
    ratio = statistics.median(ratios)
    print(f"median ratio {ratio:.2f}, target {TARGET}")
    return 1 if ratio > TARGET else 0


if __name__ == "__main__":
    sys.exit(main())
