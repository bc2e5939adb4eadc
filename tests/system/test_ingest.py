"""What lies behind the publish sockets: append.lua, and bodies over several partitions.

SPDX-License-Identifier: Apache-2.0
"""
import itertools
import json
import os

import pytest

from harness.http import request
from harness.wait import wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TAGS = itertools.count(900000)


class Append:
    """append.lua on a partition that no installation has."""

    def __init__(self, redis):
        with open(os.path.join(ROOT, "lib/store/append.lua"), encoding="utf-8") as f:
            self.script = redis.register_script(f.read())
        self.redis = redis
        self.tag = f"pr:{{p{next(TAGS)}}}:"

    def __call__(self, batch, blob=b"blob", idem=(), ids=(), instance="i", boot=5):
        keys = [self.tag + "log", self.tag + "seq", self.tag + "in:" + instance]
        keys += [self.tag + "idem:acme:" + k for k in idem]
        said = self.script(keys=keys, args=[f"{boot} {batch}", blob, 60000, 90000, 0, 0, *ids])
        return said if said[0] else said[:2]

    def log(self):
        return [(k, v[b"b"]) for k, v in self.redis.xrange(self.tag + "log")]

    def clear(self):
        for key in self.redis.keys(self.tag + "*"):
            self.redis.delete(key)


@pytest.fixture
def append(system):
    made = Append(system.redis)
    yield made
    made.clear()


def test_append_numbers_densely(append):
    assert [append(n, b"b%d" % n) for n in (71, 72, 73)] == [[0, 1], [0, 2], [0, 3]]
    assert append.log() == [(b"1-0", b"b71"), (b"2-0", b"b72"), (b"3-0", b"b73")]


def test_append_happens_once(append):
    assert append(71) == append(71) == [0, 1]
    assert append(72) == append(72) == [0, 2]
    assert len(append.log()) == 2
    assert append(71) == [0, 2], "one that comes late is answered, not done"
    assert append(72, instance="another") == [0, 3]
    assert append(1, boot=6) == [0, 4], "another life counts anew"
    assert 0 < append.redis.pttl(append.tag + "in:i") <= 90000


def test_append_tells_which_keys_are_taken(append):
    first, second = b"\0" * 15 + b"1", b"\0" * 15 + b"2"
    assert append(71, idem=["a"], ids=[first]) == [0, 1]
    assert append(72, idem=["b", "a", "c"], ids=[second] * 3) == [1, 1, first]
    assert len(append.log()) == 1 and not append.redis.exists(append.tag + "idem:acme:b")
    assert append(72, idem=["b", "c"], ids=[second] * 2) == [0, 2]
    assert append.redis.get(append.tag + "idem:acme:c") == second
    assert 0 < append.redis.pttl(append.tag + "idem:acme:c") <= 60000


def test_a_body_over_several_partitions(system, sink, path):
    projects = [system.project() for _ in range(6)]
    for p in projects:
        p.wait_known()
        p.webhook(sink.url(path), wait=False)
    system.wait_config()
    body = [p.message(id="same") for p in projects for _ in range(3)]
    reply = projects[0].publisher.send(body)
    assert reply["ok"] and reply["accepted"] == 6 and reply["duplicates"] == 12
    # In the order of the body, whatever partition answered first.
    for i in range(6):
        assert len(set(reply["ids"][3 * i:3 * i + 3])) == 1
    assert len(set(reply["ids"])) == 6
    wait_until(lambda: len(sink.ids(path)) == 6, 10, "an event of each project")
    assert sink.ids(path) == set(reply["ids"])
    for p in projects:
        p.close()


def test_one_unknown_project_refuses_all(project, sink, path):
    project.webhook(sink.url(path))
    reply = project.publisher.send([project.message(), project.message(project="nobody")])
    assert reply["error"] == {"code": "unknown_project", "index": 1, "field": "project",
                              "message": reply["error"]["message"]}
    marker = project.publish_one()
    wait_until(lambda: marker in sink.ids(path), 10, "the event behind it")
    assert sink.ids(path) == {marker}


def test_the_same_id_from_many_at_once(system, project):
    """Batches under way and batches that fill see one another's ids."""
    publishers = [system.publisher() for _ in range(8)]
    for n in range(20):
        raw = json.dumps(project.message(id=f"race-{n}")).encode()
        for p in publishers:
            p.send_frames([raw])
        replies = [json.loads(p.receive_frames()[-1]) for p in publishers]
        assert sum(r["accepted"] for r in replies) == 1
        assert sum(r["duplicates"] for r in replies) == 7
        assert len({r["ids"][0] for r in replies}) == 1
    for p in publishers:
        p.close()


def test_another_projects_key(system, project):
    other = system.project()
    answer = other.api.post(other.path + "/keys", {"name": "publisher"})
    assert answer.status == 201, answer
    token = next(v for k, v in answer.json.items() if k in ("key", "token", "secret"))
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
    body = b'{"eventName":"e","email":"a"}'

    def status(p):
        return request("POST", f"{system.http_base}{p.path}/events", body, headers).status
    wait_until(lambda: status(other) == 202, 5, "the key is known")
    assert status(project) == 403
    other.close()
