"""The cases that the benchmark measures. Each returns a dict of numbers.

SPDX-License-Identifier: Apache-2.0
"""
import itertools
import json
import os
import subprocess
import time

import machine
from harness.process import Process, binary
from harness.wait import wait_until
from stage import Redis, figures

CONNECTIONS = 64
BODY_BYTES = 1024
WIRE_BYTES = 1120  # of a body as the sender posts it
OUTSIDE_SENDER = ("publisher", "ingest", "router", "redis")

_names = itertools.count(1)


def bare_loop(nginx, requests, loop):
    """(a) the ceiling."""
    nginx_before = nginx.cpu_s()
    child = subprocess.Popen(
        [binary("bench_bare_loop"), "--url", nginx.url("/hook"), "--requests", str(requests),
         "--connections", str(CONNECTIONS), "--bytes", str(WIRE_BYTES), "--loop", loop], stdout=subprocess.PIPE, text=True)
    f = figures(child)
    assert f["failed"] == 0, f
    return {"rate": f["requests"] / f["seconds"], "loop": loop,
            "cpu_us": {"loop": f["cpu_seconds"] * 1e6 / f["requests"],
                       "nginx": (nginx.cpu_s() - nginx_before) * 1e6 / f["requests"]}}


def faster_loop(nginx, requests):
    """Which of the two ways of driving libcurl is the ceiling here."""
    rates = {}
    for loop in ("socket", "poll", "socket", "poll"):
        rate = bare_loop(nginx, requests, loop)["rate"]
        rates[loop] = max(rate, rates.get(loop, 0))
    return max(rates, key=rates.get)


def end_to_end(system, nginx, events, batch, webhooks=1, fsync="everysec", more=None):
    """(b), (c), (d): from the first publish until every delivery is settled. more: what
    else the webhooks of a project have."""
    project = f"bench-{next(_names)}"
    # For everysec `up` runs Redis with "no" and syncs the file itself, every second.
    system.client.config_set("appendfsync", "no" if fsync == "everysec" else fsync)
    system.project_with(project, [nginx.url(f"/hook/{i}", i) for i in range(webhooks)],
                        more=more,
                        limits={"concurrency": CONNECTIONS // webhooks, "ratePerSecond": 0})
    deliveries = events * webhooks
    goal = system.verdicts("delivered") + deliveries
    spilled = system.spilled()
    cpu, nginx_cpu, began = system.cpu(), nginx.cpu_s(), time.monotonic()
    published = figures(system.publish(project, events, batch=batch, bytes=BODY_BYTES))
    wait_until(system.settled, 600, "every delivery is settled", poll=0.01)
    seconds = time.monotonic() - began
    used = {n: (c - cpu[n]) * 1e6 / deliveries for n, c in system.cpu().items()}
    used["publisher"] = published["cpu_seconds"] * 1e6 / deliveries
    used["nginx"] = (nginx.cpu_s() - nginx_cpu) * 1e6 / deliveries
    spilled = system.spilled() - spilled
    delivered = system.verdicts("delivered") - goal + deliveries
    assert delivered == deliveries, \
        f"{delivered} of {deliveries} delivered: {system.evidence()}"
    system.forget(project)
    system.client.config_set("appendfsync", "no")
    return {"rate": deliveries / seconds, "spilled": spilled, "publish_rate": events / published["seconds"],
            "busy": published["busy"], "cpu_us": used,
            "outside_us": sum(used[n] for n in OUTSIDE_SENDER)}


def authorized(system, nginx, events, batch, server):
    """(k) with an access token of OAuth 2.0, and with the same header as a custom one."""
    def header(project):
        return {"headers": {"Authorization": "Bearer " + server.TOKEN}}

    def oauth(project):
        answer = system.admin.post(f"/v1/projects/{project}/credentials", {
            "tokenUrl": server.url, "clientId": "bench", "clientSecret": "bench-secret"})
        assert answer.status == 201, answer
        return {"auth": {"type": "oauth2", "credential": answer.json["id"]}}

    plain = end_to_end(system, nginx, events, batch, more=header)
    asked = server.asked
    token = end_to_end(system, nginx, events, batch, more=oauth)
    return {"rate": token["rate"], "plain_rate": plain["rate"], "asked": server.asked - asked,
            "cpu_us": token["cpu_us"], "plain_cpu_us": plain["cpu_us"]}


def match(quick):
    """(j) the router's matching alone: what its filters cost an event."""
    out = subprocess.run([binary("bench_match"), "--events", "2000" if quick else "20000"],
                         stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(out.stdout)


def _percentiles(values):
    values = sorted(values)
    return {name: values[min(len(values) - 1, int(len(values) * p))] / 1000
            for name, p in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))}


def _published(path):
    """{event id: (µs due, µs of the answer)}"""
    found = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            event, due, answered = line.split()
            found[event] = (int(due), int(answered))
    return found


def _received(path):
    found = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            if line.endswith("\n"):
                us, event, _ = line.split(" ", 2)
                found.setdefault(event, int(us))
    return found


def latency(system, folder, rate, events, batch):
    """(e) accept and publish-to-receipt, in ms, at a fixed rate."""
    project = f"bench-{next(_names)}"
    record, receipts = os.path.join(folder, "published"), os.path.join(folder, "received")
    for path in (record, receipts):
        if os.path.exists(path):
            os.unlink(path)
    sink = Process("sink", [binary("hook_sink"), "--record", receipts], dict(os.environ),
                   os.path.join(folder, f"sink-{project}.log"))
    port = sink.wait_for_line("ready port=").split("port=")[1]
    system.project_with(project, [f"http://127.0.0.1:{port}/hook"])
    # The first events open connections: they are not counted.
    figures(system.publish(project, 2000, batch=batch, rate=max(200, int(rate / 4))))
    figures(system.publish(project, events, batch=batch, rate=int(rate), in_flight=256,
                           record=record))
    wait_until(system.settled, 120, "every delivery is settled", poll=0.05)
    sent = _published(record)
    wait_until(lambda: not sent.keys() - _received(receipts).keys(), 60,
               "every receipt is recorded", poll=0.2)
    got = _received(receipts)
    sink.stop()
    system.forget(project)
    return {"rate": rate,
            "accept": _percentiles([answered - due for due, answered in sent.values()]),
            "receipt": _percentiles([got[e] - due for e, (due, _) in sent.items()])}


def install_bullmq(folder):
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bullmq")
    there = os.path.join(folder, "bullmq")
    os.makedirs(there, exist_ok=True)
    for name in ("package.json", "bench.mjs"):
        with open(os.path.join(here, name), "rb") as f, \
                open(os.path.join(there, name), "wb") as copy:
            copy.write(f.read())
    if not os.path.isdir(os.path.join(there, "node_modules", "bullmq")):
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock",
                        "--ignore-scripts", "--silent"], cwd=there, check=True)
    return there


def bullmq(nginx, folder, program, jobs, batch):
    """(f) what people would otherwise write: from the first add to the last delivery."""
    store = Redis(os.path.join(folder, f"bullmq-{next(_names)}"))
    common = ["--redis", store.socket, "--jobs", str(jobs)]
    script = os.path.join(program, "bench.mjs")
    worker = subprocess.Popen(["node", script, "work", *common, "--url", nginx.url("/hook")],
                              stdout=subprocess.PIPE, text=True)
    try:
        assert worker.stdout.readline().strip() == "ready"
        before, began = machine.cpu_s(store.process.pid), time.monotonic()
        queue = subprocess.Popen(["node", script, "enqueue", *common, "--bytes", str(BODY_BYTES),
                                  "--batch", str(batch)], stdout=subprocess.PIPE, text=True)
        worked, enqueued = figures(worker), None
        seconds = time.monotonic() - began
        enqueued = figures(queue)
        used = {"worker": worked["cpu_seconds"], "publisher": enqueued["cpu_seconds"],
                "redis": machine.cpu_s(store.process.pid) - before}
    finally:
        if worker.poll() is None:
            worker.kill()
        store.close()
    return {"rate": jobs / seconds, "cpu_us": {n: s * 1e6 / jobs for n, s in used.items()}}


def idle(system):
    """(h) proportional set size of each process, in MiB."""
    return {name: machine.pss_kb(pid) / 1024 for name, pid in system.pids().items()}


def waiting_retries(system, count, closed_port, batch):
    """(i) resident memory while so many deliveries wait for their next try."""
    project = f"bench-{next(_names)}"
    system.project_with(project, [f"http://127.0.0.1:{closed_port}/hook"],
                        retry={"delaysS": [86000, 86000], "jitter": 0})
    before = system.client.info("memory")["used_memory"]
    began = time.monotonic()
    figures(system.publish(project, count, batch=batch, bytes=BODY_BYTES), timeout=1800)
    wait_until(lambda: system.waiting() >= count and system.open_entries() == 0, 1800,
               "every delivery waits", poll=0.2)
    seconds = time.monotonic() - began
    used = system.client.info("memory")["used_memory"] - before
    return {"count": count, "seconds": seconds, "redis_bytes": used / count,
            "rss_mib": {n: machine.rss_kb(p) / 1024 for n, p in system.pids().items()},
            "peak_mib": {n: machine.peak_kb(p) / 1024 for n, p in system.pids().items()}}
