"""Lists of events look at what they are asked for, however much else is kept.

SPDX-License-Identifier: Apache-2.0
"""
import time

import pytest

from harness.system import PARTITIONS, ConsoleOnly
from harness.wire import ATTEMPT, EVENT, OUTCOME_DELIVERED, frame, id_at, id_of

OLD = 7000  # more than one request looks at
HOUR_MS = 3600 * 1000


@pytest.fixture(scope="module")
def console():
    made = ConsoleOnly()
    yield made
    made.close()


def event(project, raw, wall_ms):
    return {"b": frame(EVENT, raw, project, "emailSend", wall_ms, 0, "",
                       b'{"eventName":"emailSend","dataFields":{}}')}


def attempt(project, raw, wall_ms):
    return {"a": frame(ATTEMPT, raw, raw, bytes(16), project, "emailSend", 1, OUTCOME_DELIVERED,
                       200, wall_ms, wall_ms, 0, 0, 0, 0, 0, "", b""), "n": 1}


@pytest.mark.parametrize("stream, record, kept", [("events", event, True),
                                                  ("attempts", attempt, False)])
def test_since_passes_by_what_is_older(console, stream, record, kept):
    """In one page, without a cursor: what is older is not even looked at."""
    project, now = "acme-" + stream, int(time.time() * 1000)
    assert console.api.post("/v1/projects", {"id": project}).status == 201
    before, fresh = now - HOUR_MS, [id_at(now + i, i) for i in range(3)]
    pipe = console.redis.pipeline()
    for partition in range(PARTITIONS):
        key = f"pr:{{p{partition}}}:{stream}"
        for i in range(OLD):
            pipe.xadd(key, record(project, id_at(before, i), before), id=f"{before}-{i}")
        for i, raw in enumerate(fresh):
            pipe.xadd(key, record(project, raw, now + i), id=f"{now + i}-0")
    pipe.execute()
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now // 1000))
    answer = console.api.get(f"/v1/projects/{project}/events", since=since, limit=200)
    assert answer.status == 200, answer
    seen = {e["id"]: e["kept"] for e in answer.json["data"]}
    assert seen == {id_of("evt", raw): kept for raw in fresh}
    assert answer.json["nextCursor"] is None
