#!/usr/bin/python3
"""How much later than the receiver's own answer an engine hears a call's result.

SPDX-License-Identifier: Apache-2.0

    tests/bench/journeys.py [--calls N] [--rate N]

One call at a time and then N a second, each with "reply": "result"; beside it the same
request made straight to the receiver over one connection. Exit 1: the target is missed.
"""
import argparse
import http.client
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import stage  # noqa: E402
from harness.journey import Engine  # noqa: E402
from harness.publisher import decode  # noqa: E402

TARGET_MS = 2.0
BODY = '{"user":"{{userId}}","mail":"{{email}}","variant":"{{event.variant}}"}'


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def straight(nginx, calls):
    """Milliseconds of each request without anything in between."""
    connection = http.client.HTTPConnection("127.0.0.1", nginx.port)
    took = []
    for _ in range(calls):
        begin = time.perf_counter()
        connection.request("POST", "/", body=b'{"user":"u"}')
        connection.getresponse().read()
        took.append((time.perf_counter() - begin) * 1000)
    connection.close()
    return took


def one_by_one(engine, webhook, calls):
    took = []
    for i in range(calls):
        begin = time.perf_counter()
        engine.call_and_wait(webhook, f"path-{i}", event={"variant": "b"})
        took.append((time.perf_counter() - begin) * 1000)
    return took


def at_a_rate(engine, webhook, calls, rate):
    """Milliseconds from when each call was due."""
    publisher = engine.project.publisher
    due, took, begin, sent = {}, [], time.perf_counter(), 0
    while len(took) < calls:
        now = time.perf_counter()
        while sent < calls and now >= begin + sent / rate:
            message = engine.message(webhook, f"rate-{sent}", reply="result")
            due[str(sent).encode()] = begin + sent / rate
            publisher.send_frames([str(sent).encode(), json.dumps(message).encode()])
            sent += 1
        while publisher.socket.poll(1 if sent < calls else 5000):
            front, reply = publisher.receive_frames()
            if "outcome" in decode(reply):
                took.append((time.perf_counter() - due[front]) * 1000)
            if len(took) == calls:
                break
    return took


def show(name, values):
    print(f"{name:28} p50 {percentile(values, .5):6.2f} ms  p95 {percentile(values, .95):6.2f} ms"
          f"  p99 {percentile(values, .99):6.2f} ms")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--calls", type=int, default=2000)
    p.add_argument("--rate", type=int, default=500)
    o = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="pr-bench-") as folder:
        nginx, system = stage.Nginx(folder), stage.Up()
        engine = Engine(system.project("journeys"))
        engine.project.wait_known()
        webhook = engine.webhook("/", url=nginx.url("/"), body=BODY)
        one_by_one(engine, webhook, 100)
        direct = straight(nginx, o.calls)
        single = one_by_one(engine, webhook, o.calls)
        loaded = at_a_rate(engine, webhook, o.calls * 2, o.rate)
        engine.close()
        system.close()
        nginx.close()
    show("the receiver alone", direct)
    show("one call at a time", single)
    show(f"{o.rate} calls a second", loaded)
    over = percentile(single, .5) - percentile(direct, .5)
    print(f"overhead, one at a time: p50 {over:.2f} ms (target {TARGET_MS})")
    sys.exit(over > TARGET_MS)


if __name__ == "__main__":
    main()
