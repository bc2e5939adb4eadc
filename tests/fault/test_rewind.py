"""A Redis that comes back with less than it had, as a replica that lagged does: what it
still knows is made again, nothing is stuck, and no process has to be restarted.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil

import pytest

from harness.http import request
from harness.scene import Scene
from harness.wait import wait_until


class Rewind:
    """Copies of Redis' data, and what was acknowledged between a copy and its return."""

    def __init__(self, stage):
        self.stage, self.folder = stage, stage.system.redis_dir
        self.lost = []  # parts of the load's file
        stage.system.redis.config_set("auto-aof-rewrite-percentage", 0)

    def copy(self):
        self.before = self.stage.load.count()
        shutil.copytree(self.folder, self.folder + ".copy")

    def go_back(self):
        self.stage.system.kill("redis")
        shutil.rmtree(self.folder)
        os.rename(self.folder + ".copy", self.folder)
        self.lost.append((self.before, self.stage.load.count()))
        self.stage.system.restart("redis")

    def safe(self, project):
        """{event id: name} of what this Redis has been told of."""
        with open(self.stage.load.path, encoding="ascii") as f:
            text = f.read()
        for start, end in reversed(self.lost):
            text = text[:start] + text[end:]
        rows = [line.split(" ") for line in text.split("\n") if line.count(" ") == 2]
        return {row[0]: row[1] for row in rows if row[2] == project}


def lost(stage):
    return sum(stage.system.processes[n].log().count("why=data_lost") +
               stage.system.processes[n].log().count("why=taken_anew") +
               stage.system.processes[n].log().count("why=lease_lost")
               for n in ("router0", "router1"))


def test_redis_goes_back_in_time(stage):
    rewind = Rewind(stage)
    for _ in range(2):
        rewind.copy()
        stage.progress("after the copy", deliveries=100)
        before = lost(stage)
        rewind.go_back()
        stage.system.wait_healthy(timeout=20)
        stage.progress("with the older data", deliveries=60)
        assert lost(stage) > before, "routers have noticed"
    stage.load.stop()
    for track in stage.tracks:
        track.wait_settled(rewind.safe(track.project.id))
    wait_until(lambda: stage.left_in_redis() == {}, 20, "nothing else remains in Redis", poll=0.2)


def test_numbers_of_lost_entries_are_not_given_again():
    """A router has read entries that Redis has lost; meanwhile others are appended."""
    scene = Scene(senders=0, settings={"PARTITIONS": "2", "ROUTER_LEASE_MS": "10000"})
    system, project = scene.system, scene.project
    try:
        project.webhook(scene.sink.url("/all"), wait=False)
        wait_until(lambda: len(system.owners()) == 2, 10, "the router has all partitions")
        project.publish(3)
        read = metric(system, "router0", "postrider_router_events_total", at_least=3)
        shutil.copytree(system.redis_dir, system.redis_dir + ".copy")
        for _ in range(3):
            project.publish_one()
        metric(system, "router0", "postrider_router_events_total", at_least=read + 3)
        system.pause("router0")
        system.kill("redis")
        shutil.rmtree(system.redis_dir)
        os.rename(system.redis_dir + ".copy", system.redis_dir)
        system.restart("redis")
        system.wait_healthy(["ingest0"])
        new = {project.publish_one() for _ in range(5)}
        system.resume("router0")
        system._start("sender0", "sender")
        wait_until(lambda: new <= scene.sink.ok_ids("/all"), 15, "the new ones are delivered")
        wait_until(lambda: not system.kept("log"), 15, "and the log is empty")
    finally:
        scene.close()


def go_back(system, change):
    """Redis forgets what change() has done."""
    shutil.copytree(system.redis_dir, system.redis_dir + ".copy")
    change()
    system.kill("redis")
    shutil.rmtree(system.redis_dir)
    os.rename(system.redis_dir + ".copy", system.redis_dir)
    system.restart("redis")
    system.wait_healthy()


@pytest.mark.parametrize("used", [True, False], ids=["used before", "not used before"])
def test_a_version_that_is_given_again(server, receiver, used):
    """The token of a credential's lost version is not taken for that of the next one."""
    scene = Scene(tokens=1)
    project = scene.project
    try:
        credential = project.credential(server)
        project.oauth_webhook(receiver.url("/"), credential)
        if used:
            receiver.wait_taken("/", project.publish(1))

        def patch(scope):
            answer = project.api.patch(project.credential_path(credential), {"scope": scope})
            assert answer.status == 200, answer
            return answer.json["version"]

        def lost():
            lost.version = patch("lost")
            wait_until(lambda: receiver.wait_taken("/", project.publish(1)) or
                       ("scope", "lost") in server.requests[-1]["form"], 5, "it is in use")
        go_back(scene.system, lost)
        versions = []

        def begun_anew():  # the console's mirror may be a moment behind
            versions.append(patch("another"))
            return True
        wait_until(begun_anew, 5)
        assert versions == [lost.version]
        wait_until(lambda: receiver.wait_taken("/", project.publish(1)) or
                   ("scope", "another") in server.requests[-1]["form"], 5, "the new one is used")
        assert receiver.tokens("/")[-1] == max(server.issued, key=server.issued.get)
    finally:
        scene.close()


def metric(system, name, figure, at_least):
    """Its value, once it is so large."""
    def value():
        text = request("GET", f"http://127.0.0.1:{system.admin[name]}/metrics").text
        found = sum(float(line.split()[-1]) for line in text.split("\n")
                    if line.startswith(figure + " "))
        return found >= at_least and found
    return wait_until(value, 10, f"{name} has {figure} >= {at_least}")
