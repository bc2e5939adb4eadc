"""A Redis without memory or disk: ingest says busy, and nothing is lost.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil
import subprocess
import tempfile

import pytest

from harness.fault import Stage
from harness.http import request
from harness.wait import wait_until


def wait_busy(stage, since):
    """Publishers are told, or wait; nothing is acknowledged any more."""
    def told():
        stats = stage.load.stats()
        return stats["busy"] > since["busy"]
    wait_until(told, 30, "publishers are told that it is busy")


def post_event(stage):
    project = stage.tracks[0].project
    return request("POST", f"{stage.system.http_base}{project.path}/events",
                   b'{"eventName":"common","email":"a@b"}',
                   {"Content-Type": "application/json",
                    "Authorization": f"Bearer {project.api.key}"})


def test_redis_is_gone(stage):
    """Health says so, publishers are told, nobody dies, and it all comes back."""
    before = stage.load.stats()
    stage.system.kill("redis")
    for name in ("ingest0", "router0"):
        wait_until(lambda name=name: not stage.system.healthy(name), 15,
                   f"{name} is no longer healthy")
    wait_busy(stage, before)
    answer = wait_until(lambda: (lambda a: a if a.status != 202 else None)(post_event(stage)), 10,
                        "HTTP publishers are told")
    assert answer.status in (429, 503) and int(answer.headers["retry-after"]) >= 1, answer
    assert all(stage.system.processes[n].alive() for n in stage.system.services())
    stage.system.restart("redis")
    stage.system.wait_healthy()
    stage.progress("with Redis again")
    stage.check()


def test_memory_runs_out(stage):
    r = stage.system.redis
    before = stage.load.stats()
    r.config_set("maxmemory", r.info("memory")["used_memory"] + (1 << 20))
    wait_busy(stage, before)
    # HTTP says so too.
    answer = post_event(stage)
    if answer.status != 202:
        assert answer.status in (429, 503) and int(answer.headers["retry-after"]) >= 1, answer
    assert all(stage.system.processes[n].alive() for n in stage.system.services())
    r.config_set("maxmemory", 0)
    stage.progress("once there is memory again")
    stage.system.wait_healthy()
    stage.check()


def small_disk(megabytes):
    folder = tempfile.mkdtemp(prefix="pr-disk-")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", folder],
                          capture_output=True, check=False)
    if done.returncode != 0:
        os.rmdir(folder)
        return None
    return folder


def test_disk_is_full():
    folder = small_disk(64) if os.getuid() == 0 else None
    if not folder:
        pytest.skip("mounting a small disk needs root")
    stage = None
    failed = True
    try:
        stage = Stage(redis_dir=folder)
        before = stage.load.stats()
        left = shutil.disk_usage(folder).free - (1 << 20)
        with open(os.path.join(folder, "filler"), "wb") as f:
            for _ in range(left >> 16):
                f.write(b"\0" * 65536)
        wait_busy(stage, before)
        os.unlink(os.path.join(folder, "filler"))
        if not stage.system.processes["redis"].alive():
            stage.system.restart("redis")
        stage.progress("once there is room again")
        stage.system.wait_healthy()
        stage.check()
        failed = False
    finally:
        if stage:
            if failed:
                print(stage.system.logs())
            stage.finish(failed)
        subprocess.run(["umount", "-l", folder], check=False)
        os.rmdir(folder)
