"""A Redis Cluster: partitions on three masters, slots that move, masters that die.

SPDX-License-Identifier: Apache-2.0
"""
import re
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


def partition_of(stage, track):
    """Where a project's events are, by the idempotency keys that they leave."""
    for node in stage.system.cluster.masters():
        for key in node.redis.scan_iter(match=f"pr:{{p*}}:idem:{track.project.id}:*", count=1000):
            return re.match(rb"pr:\{(p\d+)\}", key).group(1).decode()
    raise AssertionError(f"no event of {track.project.id} is anywhere")


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
    for tag in (partition_of(stage, stage.tracks[0]), "cfg", "run"):
        start = time.monotonic()
        move_under_load(stage, tag)
        stage.progress(f"after the slot of {tag} has moved")
        print(f"{tag} moved under load: flows again after {time.monotonic() - start:.1f} s")
    # What has changed since is seen, also by those that heard of changes elsewhere.
    stage.system.project("later").wait_known()
    assert errors(cluster, "MOVED") and errors(cluster, "ASK")
    _without_a_master(stage)
    is_spread(stage)
    stage.check()


def _without_a_master(stage):
    """Those on the others go on; those on it are told that it is busy, at once."""
    lost = home_of(stage, partition_of(stage, stage.tracks[0]))
    there = {t: home_of(stage, partition_of(stage, t)) is lost for t in stage.tracks}
    others = [t for t, is_there in there.items() if not is_there]
    assert others, "all projects of the load are with one master"
    lost.process.kill()
    wait_until(lambda: post(stage, stage.tracks[0]).status == 503, 20, "its publishers are told")
    start = time.monotonic()
    assert post(stage, stage.tracks[0]).status == 503 and time.monotonic() - start < 1
    # The load waits for those of the lost one that it has sent, so here is some more.
    for track in others:
        taken = [post(stage, track) for _ in range(10)]
        assert [a.status for a in taken] == [202] * 10, taken
        ids = {a.json["ids"][0] for a in taken}
        wait_until(lambda track=track, ids=ids: not ids - track.sink.ok_ids(track.ok), 20,
                   "the others' events are delivered")
    lost.process.start()
    wait_until(lost.answers, 20, "the master is back")
    stage.progress("with all masters again")


def post(stage, track):
    """One event more; the answer."""
    return request("POST", f"{stage.system.http_base}{track.project.path}/events",
                   b'{"eventName":"common","email":"a@b"}',
                   {"Content-Type": "application/json",
                    "Authorization": f"Bearer {track.project.api.key}"})


@pytest.mark.parametrize("stage", [PAIRS], indirect=True)
def test_a_replica_takes_over(stage):
    """By hand: nothing may be lost then."""
    cluster = stage.system.cluster
    tag = partition_of(stage, stage.tracks[0])
    slot = slot_of("{" + tag + "}")
    old = home_of(stage, tag)
    replica = next(n for n in cluster.nodes if n.role() == "slave"
                   and n.redis.info("replication")["master_port"] == old.port)
    start = time.monotonic()
    replica.cli("cluster", "failover")
    wait_until(lambda: cluster.owner(slot) is replica, 20, "the replica has taken over")
    stage.progress("after a failover by hand")
    print(f"failover by hand: flows again after {time.monotonic() - start:.1f} s")
    stage.check()
