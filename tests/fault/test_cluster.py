"""A Redis Cluster: partitions on three masters, slots that move, masters that die.

SPDX-License-Identifier: Apache-2.0
"""
import re
import signal
import time

import pytest

from harness.cluster import slot_of
from harness.http import request
from harness.system import ClusterParts
from harness.wait import wait_until

ALONE = {"kind": ClusterParts}
PAIRS = {"kind": ClusterParts, "replicas": 1}


def errors(cluster, name):
    """How often nodes have answered with this error."""
    return sum(int(re.search(rf"errorstat_{name}:count=(\d+)|$", n.cli("info", "errorstats"))
                   .group(1) or 0) for n in cluster.masters())


def partition_of(stage, project):
    """Where a project's events are, by the idempotency keys that they leave."""
    for node in stage.system.cluster.masters():
        for key in node.redis.scan_iter(match=f"pr:{{p*}}:idem:{project.id}:*", count=1000):
            return re.match(rb"pr:\{(p\d+)\}", key).group(1).decode()
    raise AssertionError(f"no event of {project.id} is anywhere")


def home_of(stage, tag):
    return stage.system.cluster.owner(slot_of("{" + tag + "}"))


def another(stage, node):
    return next(n for n in stage.system.cluster.masters() if n is not node)


def is_spread(stage):
    """Each key is with the owner of its slot, and each master has some of the logs."""
    cluster = stage.system.cluster
    for node in cluster.masters():
        keys = cluster.keys_of(node)
        assert any(k.endswith("}:seq") for k in keys), f"{node.port} has no partition"
        assert all(cluster.owner(slot) is node for slot in {slot_of(k) for k in keys})


def move_under_load(stage, tag):
    """Half of its keys, then events that need both halves, then the others."""
    cluster = stage.system.cluster
    slot = slot_of("{" + tag + "}")
    target = another(stage, cluster.owner(slot))
    turned = errors(cluster, "TRYAGAIN") + errors(cluster, "ASK")
    source = cluster.begin_move(slot, target)
    cluster.move_keys(source, slot, target, keys=5)
    wait_until(lambda: errors(cluster, "TRYAGAIN") + errors(cluster, "ASK") > turned, 20,
               f"commands of {tag} come while its slot is on its way")
    cluster.move_keys(source, slot, target)
    cluster.end_move(source, slot, target)
    return target


@pytest.mark.parametrize("stage", [ALONE], indirect=True)
def test_slots_move_and_a_master_is_away(stage):
    is_spread(stage)
    cluster = stage.system.cluster
    for tag in (partition_of(stage, stage.tracks[0].project), "cfg", "run"):
        start = time.monotonic()
        move_under_load(stage, tag)
        stage.progress(f"after the slot of {tag} has moved")
        print(f"{tag} moved under load: flows again after {time.monotonic() - start:.1f} s")
    assert errors(cluster, "MOVED") and errors(cluster, "ASK")
    _every_page(stage.tracks[0])
    _a_project_comes_and_goes(stage)
    _without_a_master(stage)
    is_spread(stage)
    stage.check()


def _every_page(track):
    """No page and no change asks for keys that are with several masters."""
    project, dead = track.project, track.project.hook_path(track.dead)
    wait_until(lambda: project.deliveries(status="dead"), 20, "something is dead")
    pages = ["", "/export", "/webhooks", "/credentials", "/keys", "/events", "/event-types",
             "/deliveries", "/deliveries?limit=200", "/profiles/nobody", "/paths/none",
             *(f"/deliveries?status={s}" for s in ("queued", "sending", "waiting", "dead",
                                                   "delivered")),
             f"/deliveries?status=dead&webhook={track.dead['id']}",
             f"/events/{project.deliveries(status='dead')[0]['event']}"]
    for url in [*(project.path + page for page in pages), dead, dead + "/stats", "/v1/status",
                "/v1/inboxes"]:
        assert project.api.get(url).status in (200, 404), url
    for what in ("/replay", "/cancel"):
        answer = project.api.post(dead + what, {"since": "2020-01-01T00:00:00Z"})
        assert answer.status == 200, answer


def _a_project_comes_and_goes(stage):
    """It is known to all, and what its journeys have kept goes with it."""
    project = stage.system.project("later")
    project.wait_known()
    project.publish(id="one")
    tag = partition_of(stage, project)
    key = f"pr:{{{tag}}}:profile:{project.id}:ada"
    home_of(stage, tag).redis.hset(key, "field", "1 2")
    assert project.api.get(project.path + "/profiles/ada").status == 200
    assert project.api.delete(project.path).status == 204
    wait_until(lambda: not home_of(stage, tag).redis.exists(key), 20, "it has been swept")
    project.close()


def _without_a_master(stage):
    """Those on the others go on; those on it are told that it is busy, at once."""
    lost = home_of(stage, partition_of(stage, stage.tracks[0].project))
    there = {t: home_of(stage, partition_of(stage, t.project)) is lost for t in stage.tracks}
    others = [t for t, is_there in there.items() if not is_there]
    assert others, "all projects of the load are with one master"
    lost.process.kill()
    wait_until(lambda: post(stage, stage.tracks[0]).status == 503, 20, "its publishers are told")
    start = time.monotonic()
    assert post(stage, stage.tracks[0]).status == 503 and time.monotonic() - start < 1
    _others_go_on(stage, others)
    lost.process.start()
    wait_until(lost.answers, 20, "the master is back")
    stage.progress("with all masters again")


def _others_go_on(stage, others):
    """The load waits for those of the lost one that it has sent, so here is some more."""
    for track in others:
        taken = [post(stage, track) for _ in range(10)]
        assert [a.status for a in taken] == [202] * 10, taken
        ids = {a.json["ids"][0] for a in taken}
        wait_until(lambda track=track, ids=ids: not ids - track.sink.ok_ids(track.ok), 20,
                   "the others' events are delivered")


def post(stage, track):
    """One event more; the answer."""
    return request("POST", f"{stage.system.http_base}{track.project.path}/events",
                   b'{"eventName":"common","email":"a@b"}',
                   {"Content-Type": "application/json",
                    "Authorization": f"Bearer {track.project.api.key}"})


def replica_of(stage, master):
    return next(n for n in stage.system.cluster.nodes if n is not master and n.role() == "slave"
                and n.redis.info("replication")["master_port"] == master.port)


def takes_over(replica):
    """Masters do not vote again so soon for one of the same slots: then it is asked again."""
    return replica.role() == "master" or not replica.cli("cluster", "failover")


def strike(stage, number):
    """The master of the first project's partition does no more; what it has acknowledged
    its replica has, for nothing is acknowledged until it has caught up."""
    cluster = stage.system.cluster
    tag = partition_of(stage, stage.tracks[0].project)
    master = home_of(stage, tag)
    replica = replica_of(stage, master)
    others = [t for t in stage.tracks if home_of(stage, partition_of(stage, t.project)) is not master]
    stage.system.pause("ingest0")
    written = master.redis.info("replication")["master_repl_offset"]
    wait_until(lambda: replica.redis.info("replication")["slave_repl_offset"] >= written, 20,
               "the replica has all")
    master.process.signal(number)
    stage.system.resume("ingest0")
    start = time.monotonic()
    _others_go_on(stage, others)
    wait_until(lambda: cluster.owner(slot_of("{" + tag + "}"), besides=master) is replica, 20,
               "the replica has taken over")
    decided = time.monotonic() - start
    stage.progress("after the replica has taken over")
    print(f"decided after {decided:.1f} s, flows again after {time.monotonic() - start:.1f} s")
    return master, replica


@pytest.mark.parametrize("stage", [PAIRS], indirect=True)
def test_a_replica_takes_over(stage):
    cluster = stage.system.cluster
    killed, now = strike(stage, signal.SIGKILL)
    killed.process.child.wait(10)
    killed.process.start()
    wait_until(lambda: killed.answers() and killed.role() == "slave", 20,
               "the killed one comes back as a replica")
    # By hand: the killed one gets its slots again.
    wait_until(lambda: killed.redis.info("replication")["master_link_status"] == "up", 20,
               "it has caught up")
    wait_until(lambda: takes_over(killed), 30, "it takes over", poll=1.5)
    wait_until(lambda: now.role() == "slave", 20, "the other one is a replica")
    stage.progress("after a failover by hand")
    # One that hangs is not waited for.
    hanging, _ = strike(stage, signal.SIGSTOP)
    hanging.process.signal(signal.SIGCONT)
    wait_until(lambda: hanging.role() == "slave", 20, "it is not believed when it wakes up")
    stage.progress("after it has woken up")
    stage.check()
