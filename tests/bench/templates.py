#!/usr/bin/python3
"""Rendering, beside the handlebars package.

SPDX-License-Identifier: Apache-2.0

    tests/bench/templates.py [--times N]

A body of about 2 KiB with 30 expressions, a loop and a choice; the contexts are read
before. Also how long it takes here with the context read from its text each time, as a
sender does. Exit 1: a target is missed.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("POSTRIDER_BUILD", os.path.join(HERE, "..", "..", "build"))
RATIO, NANOSECONDS = 5.0, 10_000


def case():
    fields = [f"field{i}" for i in range(26)]
    body = "{" + ",".join(f'"{f}-of-the-profile-of-the-user-{"x" * 20}":"{{{{{f}}}}}"'
                          for f in fields)
    body += (',"vip":{{#if vip}}true{{else}}false{{/if}},"items":['
             "{{#each event.items}}{\"sku\":\"{{sku}}\",\"n\":{{n}} }"
             "{{#unless @last}},{{/unless}}{{/each}}]}")
    context = {f: f"value of {f}" for f in fields}
    context.update({"vip": True, "event": {"items": [{"sku": f"sku-{i}", "n": i}
                                                     for i in range(3)]}})
    return {"template": body, "context": context}


def figures(command):
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return tuple(int(w) for w in words)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--times", type=int, default=200_000)
    o = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "case.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(case(), f)
        ours = min(figures([os.path.join(BUILD, "bin", "bench_template"), path, str(o.times)])
                   for _ in range(3))
        theirs = min(figures(["node", os.path.join(HERE, "template.mjs"), path, str(o.times)])
                     for _ in range(3))
    assert ours[2] == theirs[2], "both must make the same"
    print(f"here {ours[0]} ns, {ours[1]} ns with the context read; handlebars {theirs[0]} ns; "
          f"{ours[2]} bytes, ratio {theirs[0] / ours[0]:.1f}")
    sys.exit(ours[0] > NANOSECONDS or theirs[0] / ours[0] < RATIO)


if __name__ == "__main__":
    main()
