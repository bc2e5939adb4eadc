"""The benchmark: every case beside the others, in one run, on one machine.

SPDX-License-Identifier: Apache-2.0

The rounds are interleaved (a b c d f, a b c d f, …) and medians are taken, since a
machine is seldom quite still; ratios are made within a round.
"""
import argparse
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

import cases  # noqa: E402
import machine  # noqa: E402
import report as reports  # noqa: E402
import scale  # noqa: E402
from harness.process import BUILD, free_port  # noqa: E402
from stage import Nginx, System, TokenServer  # noqa: E402

DOC = os.path.join(ROOT, "docs", "benchmarks.md")
DOC_HEAD = """# Benchmarks

Made by `tests/bench/run.sh --write`: each section is one run on one machine. (a) is the
ceiling: a libcurl multi loop that does nothing but post the same body over 64
connections to the same nginx. What the cases are stands in `tests/bench/cases.py`.
"""


def options():
    p = argparse.ArgumentParser(prog="run.sh", description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--quick", action="store_true", help="a tenth of everything, one round")
    p.add_argument("--write", action="store_true", help="add a section to docs/benchmarks.md")
    p.add_argument("--cases", default="abcdefhijkl", help="which, by letter (default: all)")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--events", type=int, default=200000, help="deliveries of a measurement")
    p.add_argument("--jobs", type=int, default=40000, help="of BullMQ, which is slower")
    p.add_argument("--batch", type=int, default=128, help="events in a publish")
    p.add_argument("--latency-batch", type=int, default=8)
    p.add_argument("--waiting", type=int, default=1000000, help="waiting retries")
    p.add_argument("--keep", action="store_true", help="leave the logs behind")
    o = p.parse_args()
    if o.quick:
        o.rounds, o.events, o.jobs, o.waiting = 1, 40000, 10000, 50000
    return o


class Run:
    def __init__(self, o):
        self.o, self.folder = o, tempfile.mkdtemp(prefix="pr-bench-")
        self.rounds = {c: [] for c in "abcdefk"}
        self.matching = []
        self.scaling = []
        self.idle = self.waiting = self.system = self.nginx = self.tokens = None

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def measure(self, case, function, *args, **more):
        if case not in self.o.cases:
            return
        result = function(*args, **more)
        self.rounds[case].append(result)
        rate = result.get("receipt") or f"{result['rate']:,.0f}/s"
        self.say(f"  ({case}) {rate}")

    def round(self, loop, program):
        o, system, nginx = self.o, self.system, self.nginx
        self.measure("a", cases.bare_loop, nginx, o.events, loop)
        self.measure("b", cases.end_to_end, system, nginx, o.events, o.batch)
        self.measure("c", cases.end_to_end, system, nginx, o.events, o.batch, fsync="always")
        self.measure("d", cases.end_to_end, system, nginx, o.events // 10, o.batch, webhooks=10)
        if "e" in o.cases and self.rounds["b"]:
            half = self.rounds["b"][-1]["rate"] / 2
            self.measure("e", cases.latency, system, self.folder, half, int(half * 5),
                         o.latency_batch)
        if self.tokens:
            self.measure("k", cases.authorized, system, nginx, o.events, o.batch, self.tokens)
        if program:
            self.measure("f", cases.bullmq, nginx, self.folder, program, o.jobs, o.batch)

    def run(self):
        o = self.o
        if set("abcdefijk") & set(o.cases):
            self.nginx = Nginx(self.folder)
        if set("bcdehik") & set(o.cases):
            self.system = System()
        if "k" in o.cases:
            self.tokens = TokenServer()
        if "h" in o.cases:
            self.idle = cases.idle(self.system)
        program = cases.install_bullmq(BUILD) if "f" in o.cases else None
        loop = None
        if self.nginx:
            loop = cases.faster_loop(self.nginx, max(10000, o.events // 4))
        # Warm: connections, memory, the append-only file.
        if set("bcdek") & set(o.cases):
            cases.end_to_end(self.system, self.nginx, 20000, o.batch)
        for i in range(o.rounds):
            self.say(f"round {i + 1} of {o.rounds}")
            self.round(loop, program)
        if "j" in o.cases:
            self.matching = [cases.match(o.quick) for _ in range(o.rounds)]
        if "l" in o.cases:
            self.scaling = scale.run(self.folder, o.events // 5, self.say)
        if "i" in o.cases:
            self.say(f"{o.waiting:,} waiting retries")
            self.waiting = cases.waiting_retries(self.system, o.waiting, free_port(), o.batch)
            self.say(f"  {self.waiting}")

    def close(self):
        try:
            if self.system:
                if self.o.keep:
                    shutil.copy(self.system.up.log_path, os.path.join(self.folder, "up.log"))
                self.system.finish()
        finally:
            if self.nginx:
                self.nginx.close()
            if self.tokens:
                self.tokens.close()
            if self.o.keep:
                self.say(f"logs in {self.folder}")
            else:
                shutil.rmtree(self.folder, ignore_errors=True)


def write(text):
    """The newest run stands first."""
    old = ""
    if os.path.exists(DOC):
        with open(DOC, encoding="utf-8") as f:
            old = f.read().partition("\n## ")[2]
    with open(DOC, "w", encoding="utf-8") as f:
        f.write(DOC_HEAD + "\n" + text + ("\n## " + old if old else ""))


def main():
    o = options()
    run = Run(o)
    try:
        run.run()
    finally:
        run.close()
    facts = machine.describe(ROOT)
    facts.append(("run", f"{o.rounds} rounds of {o.events:,} deliveries, batches of {o.batch}"))
    r = reports.Report()
    reports.speed(r, run.rounds)
    reports.cpu(r, run.rounds)
    reports.latency(r, run.rounds)
    reports.authorized(r, run.rounds["k"])
    reports.matching(r, run.matching)
    reports.memory(r, run.idle, run.waiting)
    scale.report(r, run.scaling)
    print("\n".join(f"{what}: {value}" for what, value in facts))
    print(r.text())
    print(f"\n{r.missed} targets missed")
    if o.write:
        write(r.markdown(facts))
    return 1 if r.missed else 0


if __name__ == "__main__":
    sys.exit(main())
