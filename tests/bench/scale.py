"""(l) Scaling out: senders and routers, slow receivers, 10,000 requests at a time.

SPDX-License-Identifier: Apache-2.0

Receivers answer after 100 ms, or after a second. On a machine with few cores the rates show
little, since all processes and the receivers share them; the CPU time of a delivery in each
process does, and from it follows how many senders a router and a Redis can feed.
"""
import collections
import resource
import statistics
import subprocess
import threading
import time

import machine
from harness.http import metric
from harness.process import binary
from harness.sink import Sink
from harness.system import PARTITIONS, Parts
from harness.wait import wait_until
from stage import figures

PROJECTS = 16  # of one webhook each, so that every partition and router has work
SINKS = 2
BATCH = 100
BODY_BYTES = 1024
QUEUED = 20000
# Of 10,000 at a time: a webhook may have as many as are free, so there are more.
SPARE = 1.2

# rate: events a second, 0: as fast as it goes; connections: of all senders together, 0: the
# default of each. Their product of rate and delay is what is under way.
Scene = collections.namedtuple("Scene", "routers senders delay_ms rate connections")
SCENES = (
    Scene(1, 1, 100, 0, 0), Scene(1, 2, 100, 0, 0), Scene(1, 4, 100, 0, 0),
    Scene(2, 4, 100, 0, 0),
    Scene(1, 1, 100, 2000, 0),
    Scene(1, 2, 5000, 2000, 10000), Scene(1, 4, 5000, 2000, 10000),
    Scene(1, 8, 5000, 2000, 10000),
)


def raise_fd_limit():
    """How many files each process may have open."""
    for wanted in (65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return wanted
        except (OSError, ValueError):
            pass
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Watch(threading.Thread):
    """The most memory of each process, and the most requests at a time."""

    def __init__(self, pids, routers):
        """routers: the bases of their admin addresses."""
        super().__init__(daemon=True)
        self.pids, self.routers = pids, routers
        self.done, self.rss_kb, self.in_flight = threading.Event(), {}, 0
        self.start()

    def run(self):
        while not self.done.wait(0.3):
            for name, pid in self.pids.items():
                self.rss_kb[name] = max(self.rss_kb.get(name, 0), machine.rss_kb(pid))
            self.in_flight = max(self.in_flight, int(sum(metric(r, "router_in_flight ")
                                                         for r in self.routers)))

    def end(self):
        self.done.set()
        self.join()
        return self


class Scale(Parts):
    def __init__(self, scene):
        settings = {"LOG_LEVEL": "warn"}
        if scene.connections:
            settings["SENDER_MAX_IN_FLIGHT"] = str(int(scene.connections * SPARE / scene.senders))
        super().__init__(routers=scene.routers, senders=scene.senders, settings=settings,
                         redis_flags=("--auto-aof-rewrite-percentage", "0"))
        self.client = self.redis
        self.senders = [f"sender{i}" for i in range(scene.senders)]

    def stop_senders(self):
        for name in self.senders:
            assert self.processes[name].stop() == 0

    def start_senders(self):
        for name in self.senders:
            self.restart(name)
        self.wait_healthy(self.senders)

    def pids(self):
        return {name: p.pid for name, p in self.processes.items()}

    def cpu(self):
        return {name: machine.cpu_s(pid) for name, pid in self.pids().items()}

    def _sum(self, command, suffix):
        pipe = self.client.pipeline(transaction=False)
        for p in range(PARTITIONS):
            getattr(pipe, command)(f"pr:{{p{p}}}:{suffix}")
        return sum(pipe.execute())

    def settled(self):
        return not (self._sum("xlen", "log") or self._sum("zcard", "due")
                    or self._sum("zcard", "held") or self._sum("scard", "backlogs"))

    def memory(self):
        return self.client.info("memory")["used_memory"]

    def file_bytes(self):
        return self.client.info("persistence")["aof_current_size"]

    def publish(self, projects, events, rate=0):
        """By one publisher for each project; their figures once all is acknowledged."""
        children = [subprocess.Popen(
            [binary("bench_publish"), "--endpoint", self.publish_endpoint, "--project", p.id,
             "--events", str(events // len(projects)), "--batch", str(BATCH if not rate else BATCH // 10), "--bytes",
             str(BODY_BYTES), "--in-flight", "2", "--rate", str(rate // len(projects))], stdout=subprocess.PIPE, text=True)
            for p in projects]
        return [figures(child) for child in children]


def make_projects(system, sinks, connections):
    limits = {"concurrency": (connections or 4000) // PROJECTS, "ratePerSecond": 0}
    projects = [system.project(f"scale-{i}") for i in range(PROJECTS)]
    for i, project in enumerate(projects):
        project.wait_known()
        # An address for each, as receivers have.
        port = sinks[i % len(sinks)].url().split(":")[2].rstrip("/")
        project.webhook(f"http://127.0.0.{i + 1}:{port}/{i}", wait=i == PROJECTS - 1,
                        limits=limits, eventNames=["bench"])
    return projects


def by_service(values):
    """Numbers of the same service added up: sender0, sender1 -> sender."""
    found = {}
    for name, value in values.items():
        kind = name.rstrip("0123456789")
        found[kind] = found.get(kind, 0) + value
    return found


def measure(system, sinks, projects, scene, events):
    watch = Watch(system.pids(), [system.admin_base(n) for n in system.processes
                                  if n.startswith("router")])
    cpu, sink_cpu = system.cpu(), sum(machine.cpu_s(s.process.pid) for s in sinks)
    file_bytes, began = system.file_bytes(), time.monotonic()
    published = system.publish(projects, events, scene.rate)
    wait_until(system.settled, 600, "every delivery is settled", poll=0.05)
    seconds = time.monotonic() - began
    used = by_service({n: (c - cpu[n]) * 1e6 / events for n, c in system.cpu().items()})
    used["publisher"] = sum(f["cpu_seconds"] for f in published) * 1e6 / events
    used["receiver"] = (sum(machine.cpu_s(s.process.pid) for s in sinks) - sink_cpu) * 1e6 / events
    watch.end()
    return {"rate": events / seconds, "cpu_us": used, "in_flight": watch.in_flight,
            "rss_mib": {n: kb / 1024 for n, kb in watch.rss_kb.items()},
            "file_bytes": (system.file_bytes() - file_bytes) / events}


def queue(system, projects):
    """Without senders what is published stays in the log: what it takes there, an event."""
    system.stop_senders()
    before = system.memory()
    system.publish(projects, QUEUED)
    queued = (system.memory() - before) / QUEUED
    system.start_senders()
    wait_until(system.settled, 120, "all that was queued is settled", poll=0.05)
    return queued


def run_scene(folder, scene, events):
    sinks = [Sink(folder, "--keep", "0", "--delay-ms", str(scene.delay_ms), "--host", "0.0.0.0")
             for _ in range(SINKS)]
    system = Scale(scene)
    projects = []
    try:
        projects = make_projects(system, sinks, scene.connections)
        wait_until(lambda: len(set(system.owners().values())) == scene.routers, 20,
                   "each router has partitions")
        idle = {n: machine.rss_kb(p) / 1024 for n, p in system.pids().items()}
        queued = queue(system, projects)
        found = measure(system, sinks, projects, scene, events)
        delivered = sum(sinks[i % len(sinks)].stats(f"/{i}")["requests"]
                        for i in range(PROJECTS))
        again = sum(metric(system.admin_base(n), 'router_attempts_total{verdict="retry"}')
                    for n in system.processes if n.startswith("router"))
        assert delivered - again <= QUEUED + events <= delivered, \
            f"{delivered} of {QUEUED + events}, {again} of them tried again"
        return {**found, "scene": scene, "queued_bytes": queued, "idle_mib": idle}
    finally:
        for project in projects:
            project.close()
        system.close()
        for sink in sinks:
            sink.stop()


def run(folder, events, say):
    """Each scene's figures."""
    files, found = raise_fd_limit(), []
    for scene in SCENES:
        if scene.connections * 1.5 * SPARE / scene.senders > files:
            say(f"  (l) {name_of(scene)} left out: {files} open files are too few")
            continue
        one = run_scene(folder, scene, events)
        say(f"  (l) {name_of(scene)}: {one['rate']:,.0f}/s, {one['in_flight']:,} at a time, CPU "
            + ", ".join(f"{n} {us:.1f}" for n, us in one["cpu_us"].items()))
        found.append(one)
    return found


def name_of(scene):
    senders = f"{scene.senders} sender{'s' * (scene.senders > 1)}"
    routers = f"{scene.routers} routers, " if scene.routers > 1 else ""
    pace = f"{scene.rate:,}/s" if scene.rate else "as fast as it goes"
    return f"{routers}{senders}, {scene.delay_ms:,} ms, {pace}"


def report(r, found):
    """Rows for reports.Report."""
    if not found:
        return
    r.section("Scaling out: CPU of a delivery in each process, µs; receivers answer after so long")
    for one in found:
        us = one["cpu_us"]
        r.row(name_of(one["scene"]),
              f"{one['rate']:,.0f}/s, {one['in_flight']:,} at a time: "
              + ", ".join(f"{n} {us[n]:.1f}" for n in ("sender", "router", "redis", "ingest",
                                                       "receiver")))
    r.section("Scaling out: memory, MiB")
    for one in found:
        rss, idle = by_largest(one["rss_mib"]), by_largest(one["idle_mib"])
        r.row(name_of(one["scene"]),
              ", ".join(f"{n} {mib:.0f} (idle {idle.get(n, 0):.0f})" for n, mib in rss.items()))
    r.section("Scaling out: bytes in Redis")
    r.row("an event that waits in the log",
          f"{statistics.median(o['queued_bytes'] for o in found):,.0f}")
    r.row("append-only file, a delivery",
          f"{statistics.median(o['file_bytes'] for o in found):,.0f}")


def by_largest(values):
    """The largest of each service."""
    found = {}
    for name, value in values.items():
        kind = name.rstrip("0123456789")
        found[kind] = max(found.get(kind, 0), value)
    return found
