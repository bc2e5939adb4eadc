"""What the scripts in Redis refuse: the fence, and what comes twice or too late.

SPDX-License-Identifier: Apache-2.0
"""
import os
import subprocess

import pytest
import redis

from harness.wait import wait_until

STORE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "store")
P = "pr:{p1}:"
SETTLE_KEYS = [P + k for k in ("epoch", "flush", "log", "mark", "delivery", "event", "ref", "due",
                               "held", "attempts", "backlogs", "chains", "putoffs")]
TAKE_KEYS = [P + k for k in ("lease", "epoch", "seq", "held", "due", "backlogs", "chains", "putoffs",
                             "flush", "claim")]
CLAIM_KEYS = ("epoch", "due", "held", "delivery", "event", "backlogs", "parcel", "claim")
DELIVERY, EVENT, WEBHOOK = b"d" * 16, b"e" * 16, "0" * 26


def fence(epoch, word="w"):
    return f"{epoch} {word}"


def source(name):
    with open(os.path.join(STORE, name + ".lua"), encoding="utf-8") as f:
        return f.read()


class Scripts:
    def __init__(self, client):
        self.client = client

    def run(self, name, keys, *argv):
        return self.client.eval(source(name), len(keys), *keys, *argv)

    def take(self, instance, epoch=0, lease_ms=60000, leave_out=0):
        return self.run("take", TAKE_KEYS, instance, fence(epoch) if epoch else "", lease_ms, "w",
                        leave_out)

    def settle(self, epoch, number, *ops):
        return self.run("settle", SETTLE_KEYS, fence(epoch), number, P, "", 0, 100, *ops)

    def append(self, number, frame="frame", idem=(), leave_out=0):
        keys = [P + "log", P + "seq", P + "in:one", *(P + "idem:acme:" + i for i in idem)]
        return self.run("append", keys, number, frame, 60000, 60000, leave_out, 0,
                        *(EVENT for _ in idem))


@pytest.fixture
def scripts(tmp_path):
    sock = str(tmp_path / "redis.sock")
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", sock, "--save", "",
                               "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=sock)

    def answers():
        try:
            return client.ping()
        except redis.RedisError:
            return False

    wait_until(answers, 10, "Redis answers")
    yield Scripts(client)
    server.kill()
    server.wait()


def record(to):
    return ["r", to, 5, DELIVERY, EVENT, WEBHOOK, "record", "event frame"]


def test_an_older_epoch_is_refused(scripts):
    assert scripts.take("one")[0] == 1
    scripts.client.delete(P + "lease")
    assert scripts.take("two")[0] == 2
    with pytest.raises(redis.ResponseError, match="FENCED"):
        scripts.settle(1, 1, *record("d"))
    assert not scripts.client.exists(P + "delivery")
    with pytest.raises(redis.ResponseError, match="FENCED"):
        scripts.run("claim", [P + k for k in CLAIM_KEYS], fence(1), "+inf", 10, 1000, "", 1)
    assert scripts.settle(2, 1, *record("d")) == [0]


def test_a_lease_is_held_by_one(scripts):
    assert scripts.take("one")[:3] == [1, 0, 1]
    assert scripts.take("two")[0] == 0
    assert scripts.take("one", 1)[:3] == [1, 0, 0]
    # An outage longer than the lease: nobody else took it, so nothing was lost.
    scripts.client.delete(P + "lease")
    assert scripts.take("one", 1)[:3] == [1, 0, 0]
    # The same name without the epoch is a new life.
    assert scripts.take("one")[:3] == [2, 0, 1]


def test_two_of_one_epoch(scripts):
    """A replica that has not heard of the newest lease counts its epoch again."""
    r = scripts.client
    assert scripts.take("one")[0] == 1
    r.delete(P + "lease", P + "epoch")
    assert scripts.run("take", TAKE_KEYS, "two", "", 60000, "another", 0)[0] == 1
    with pytest.raises(redis.ResponseError, match="FENCED"):
        scripts.settle(1, 1, *record("d"))
    assert scripts.take("one", 1)[0] == 0
    assert r.get(P + "epoch") == b"1 another"


def test_a_renewal_says_what_there_is(scripts):
    """So that a router finds out whether something it has written is lost."""
    scripts.take("one")
    assert scripts.take("one", 1) == [1, 0, 0, b"", b""]
    scripts.settle(1, 1, *record("d"))
    assert scripts.take("one", 1) == [1, 0, 0, b"1 w 1", b""]
    assert scripts.run("claim", [P + k for k in CLAIM_KEYS], fence(1), 10, 10, 1000, "", 1) == [-1]
    scripts.settle(1, 2, "f", DELIVERY, EVENT)
    assert scripts.take("one", 1) == [1, 0, 0, b"1 w 2", b"1 w 1"]
    assert scripts.take("one")[:3] == [2, 0, 1]


def test_numbers_are_left_out(scripts):
    """Those that another history of the log may have had."""
    assert scripts.append("7 1") == [0, 1, 1]
    assert scripts.append("7 1", leave_out=100) == [0, 1], "done before, and none left out"
    assert scripts.append("7 2", leave_out=100) == [0, 102, 1]
    assert scripts.append("7 3") == [0, 103, 1]
    assert scripts.take("one", leave_out=100)[:3] == [1, 203, 1]
    assert scripts.take("two", leave_out=100)[:3] == [0, 203, 0]
    assert scripts.take("one", 1, leave_out=100)[:3] == [1, 303, 0]
    assert [i for i, _ in scripts.client.xrange(P + "log")] == [b"1-0", b"102-0", b"103-0"]


def test_what_is_found_is_touched_for_wait(scripts):
    """Redis waits for what this connection has written, and it has only looked."""
    r = scripts.client
    keys = [P + "log", P + "seq", P + "in:one", P + "idem:acme:a"]
    ask = lambda number: scripts.run("append", keys, number, "frame", 60000, 90000, 0, 1, EVENT)  # noqa: E731
    assert ask("7 1") == [0, 1, 1]
    for number, answer in (("7 1", [0, 1]), ("7 2", [1, 0, EVENT])):
        before = r.info("persistence")["rdb_changes_since_last_save"]
        assert ask(number) == answer
        assert r.info("persistence")["rdb_changes_since_last_save"] > before
    assert 0 < r.pttl(P + "idem:acme:a") <= 60000 < r.pttl(P + "in:one") <= 90000


def test_what_is_held_is_due_after_a_take_over(scripts):
    scripts.take("one")
    scripts.settle(1, 1, *record("h"))
    assert scripts.client.zcard(P + "held") == 1
    scripts.take("one")
    assert scripts.client.zcard(P + "held") == 0
    assert scripts.client.zrange(P + "due", 0, -1) == [DELIVERY]


def test_a_flush_is_done_once_and_never_late(scripts):
    scripts.take("one")
    count = ["s", WEBHOOK, "delivered", 3]
    assert scripts.settle(1, 1, *record("h"), *count) == [0]
    assert scripts.settle(1, 1, *record("h"), *count) == [0]
    assert scripts.settle(1, 2, "f", DELIVERY, EVENT) == [0]
    # Its bytes were under way on a connection that broke.
    assert scripts.settle(1, 1, *record("h"), *count) == [0]
    assert not scripts.client.exists(P + "delivery", P + "event", P + "held")
    assert scripts.client.hget(P + "stats:" + WEBHOOK, "delivered") == b"3"


def test_an_event_stays_while_a_delivery_needs_it(scripts):
    scripts.take("one")
    other = b"D" * 16
    second = record("d")
    second[3] = other
    scripts.settle(1, 1, *record("d"), *second)
    assert scripts.client.hget(P + "ref", EVENT) == b"2"
    scripts.settle(1, 2, "f", DELIVERY, EVENT)
    scripts.settle(1, 3, "f", DELIVERY, EVENT)
    assert scripts.client.hget(P + "event", EVENT) == b"event frame"
    scripts.settle(1, 4, "f", other, EVENT)
    assert not scripts.client.exists(P + "event", P + "ref", P + "delivery")


def test_settled_entries_are_kept_or_not(scripts):
    scripts.take("one")
    for number, frame in (("7 1", "first"), ("7 2", "second"), ("7 3", "third")):
        scripts.append(number, frame)
    scripts.settle(1, 1, "e", 1, "x", 2)
    scripts.settle(1, 1, "e", 1)
    scripts.settle(1, 2, "e", 1)  # it is gone already
    r = scripts.client
    assert [e[1] for e in r.xrange(P + "events")] == [{b"b": b"first"}]
    assert [e[1] for e in r.xrange(P + "log")] == [{b"b": b"third"}]
    scripts.settle(1, 3, "u", "events")
    assert not r.exists(P + "events")


def test_streams_are_trimmed(scripts):
    scripts.take("one")
    r = scripts.client
    for ms in range(1, 1001):
        r.xadd(P + "events", {"b": "frame"}, id=f"{ms}-0")
    scripts.settle(1, 1, "t", "events", 0, 0)
    assert r.xlen(P + "events") == 1000
    scripts.settle(1, 2, "t", "events", 501, 0)
    assert 400 <= int(r.xrange(P + "events")[0][0].split(b"-")[0]) <= 501
    scripts.settle(1, 3, "t", "events", 0, 200)
    assert 200 <= r.xlen(P + "events") <= 300


def test_the_dead_are_trimmed(scripts):
    """By number and by age, with their records and events."""
    scripts.take("one")
    for ms in range(10):
        # As in a record: the event's id behind its type and length.
        event = bytes([ms]) * 16
        scripts.settle(1, ms + 1, "r", "k", ms, b"d%015d" % ms, event, WEBHOOK,
                       b"\x96\xc4\x10" + event, "event frame")
    r = scripts.client
    scripts.settle(1, 11, "z", WEBHOOK, 100, 3)
    assert r.zcard(P + "dead:" + WEBHOOK) == r.hlen(P + "delivery") == r.hlen(P + "event") == 7
    scripts.settle(1, 12, "z", WEBHOOK, 2, 0)
    assert r.zrange(P + "dead:" + WEBHOOK, 0, -1) == [b"d%015d" % ms for ms in (8, 9)]
    assert r.hlen(P + "delivery") == r.hlen(P + "event") == 2


CANCEL_KEYS = [P + k for k in ("delivery", "dead:" + WEBHOOK, "stats:" + WEBHOOK, "attempts",
                               "parcel", "chain:" + WEBHOOK, "due", "held",
                               "backlog:" + WEBHOOK, "chains")]


def test_all_are_cancelled_or_none(scripts):
    scripts.take("one")
    r, other = scripts.client, b"D" * 16
    scripts.settle(1, 1, *record("d"), "r", "d", 5, other, EVENT, WEBHOOK, "record", "")

    def cancel(*ids, was="record"):
        each = [a for i in ids for a in (i, was, "cancelled", "")]
        return scripts.run("cancel", CANCEL_KEYS, 9, "frame", len(ids), WEBHOOK, *each)
    # A router has claimed the second one.
    r.zrem(P + "due", other)
    assert cancel(DELIVERY, other) == [1]
    assert cancel(DELIVERY, was="older") == [0]
    assert not r.exists(P + "dead:" + WEBHOOK) and r.hget(P + "delivery", DELIVERY) == b"record"
    assert cancel(DELIVERY) == []
    assert cancel(DELIVERY) == [0]
    assert r.zrange(P + "dead:" + WEBHOOK, 0, -1, withscores=True) == [(DELIVERY, 9.0)]
    assert r.hget(P + "delivery", DELIVERY) == b"cancelled" and not r.exists(P + "due")
    assert [e[1] for e in r.xrange(P + "attempts")] == [{b"a": b"frame", b"n": b"1"}]


@pytest.mark.parametrize("place", ["due", "backlog:" + WEBHOOK])
def test_what_has_moved_since_it_was_read_is_cancelled_there(scripts, place):
    """Two of one key: the second was read in the chain, and its turn has come meanwhile."""
    r, hash_of_key = scripts.client, b"k" * 8
    ids = [bytes([n]) * 16 for n in (1, 2)]
    members = [hash_of_key + n.to_bytes(8, "big") + i for n, i in enumerate(ids)]
    r.hset(P + "delivery", mapping=dict.fromkeys(ids, "record"))
    r.zadd(P + "chain:" + WEBHOOK, dict.fromkeys(members, 0))
    r.sadd(P + "chains", WEBHOOK)
    r.zadd(P + place, {ids[0]: 1})
    each = [a for i, m in zip(ids, members) for a in (i, "record", "cancelled", m)]
    assert scripts.run("cancel", CANCEL_KEYS, 9, "frame", 2, WEBHOOK, *each) == []
    assert r.zrange(P + "dead:" + WEBHOOK, 0, -1) == ids
    assert not r.exists(P + "due", P + "backlog:" + WEBHOOK, P + "chain:" + WEBHOOK, P + "chains")


def test_replays(scripts):
    """Of the dead, and of what is kept: what is there already is left alone."""
    scripts.take("one")
    r, other = scripts.client, b"D" * 16
    scripts.settle(1, 1, *record("k"))
    lane = [P + "backlog:" + WEBHOOK, P + "backlogs"]
    dead = [P + "delivery", P + "dead:" + WEBHOOK, *lane]
    kept = [P + "delivery", P + "event", P + "ref", *lane]
    made = (EVENT, "fresh", "event frame")
    assert scripts.run("replay_kept", kept, 7, WEBHOOK, DELIVERY, *made) == 0
    assert not r.exists(*lane)
    assert scripts.run("replay", dead, 7, WEBHOOK, DELIVERY, "fresh", other, "fresh") == 1
    assert scripts.run("replay", dead, 8, WEBHOOK, DELIVERY, "fresh") == 0
    assert r.hgetall(P + "delivery") == {DELIVERY: b"fresh"}
    assert scripts.run("replay_kept", kept, 9, WEBHOOK, DELIVERY, *made, other, *made) == 1
    assert r.zrange(lane[0], 0, -1, withscores=True) == [(DELIVERY, 7.0), (other, 9.0)]
    assert r.smembers(lane[1]) == {WEBHOOK.encode()} and r.hget(P + "ref", EVENT) == b"2"
    for number, one in enumerate((DELIVERY, other), 2):
        assert r.hexists(P + "event", EVENT)
        scripts.settle(1, number, "f", one, EVENT)
    assert not r.exists(P + "event", P + "ref", P + "delivery")


def test_an_append_is_done_once_and_never_late(scripts):
    assert scripts.append("7 1") == [0, 1, 1]
    assert scripts.append("7 1") == [0, 1]
    assert scripts.append("7 2") == [0, 2, 1]
    assert scripts.append("7 1") == [0, 2]
    assert scripts.client.xlen(P + "log") == 2
    # Another life of the ingest begins to count anew.
    assert scripts.append("8 1") == [0, 3, 1]


def test_a_taken_key_stops_the_whole_batch(scripts):
    assert scripts.append("7 1", idem=["a"]) == [0, 1, 1]
    assert scripts.append("7 2", idem=["b", "a"]) == [1, 1, EVENT]
    assert scripts.client.xlen(P + "log") == 1
    assert not scripts.client.exists(P + "idem:acme:b")


NAME_KEYS = [P + k + ":acme" for k in ("names", "samples", "counts")]


def note(scripts, name, at, sample="{}", keep=1000, most=3):
    return scripts.run("names", NAME_KEYS, name, at, 2, sample, keep, most)


def listed(scripts, after="", limit=10, since=0):
    out = scripts.run("list_names", NAME_KEYS, after, limit, since)
    return [tuple(out[i:i + 4]) for i in range(0, len(out), 4)]


def test_names_are_kept_within_bounds(scripts):
    r = scripts.client
    note(scripts, "b", 5000, '{"n":1}')
    note(scripts, "b", 4000, "keep")
    assert listed(scripts) == [(b"b", 5000, 4, b'{"n":1}')]
    assert all(0 < r.pttl(key) <= 1000 for key in NAME_KEYS)
    note(scripts, "b", 5500, "drop")
    note(scripts, "a", 5600)
    note(scripts, "c", 5700)
    assert listed(scripts) == [(b"a", 5600, 2, b"{}"), (b"b", 5500, 2 * 3, None),
                               (b"c", 5700, 2, b"{}")]
    # One more than there may be: the one longest not seen goes.
    note(scripts, "d", 5800)
    assert [n for n, *_ in listed(scripts)] == [b"a", b"c", b"d"]
    # Too long ago, for the list and for the keys.
    assert [n for n, *_ in listed(scripts, since=5650)] == [b"c", b"d"]
    note(scripts, "d", 6750)
    assert [r.zcard(NAME_KEYS[0]), r.hlen(NAME_KEYS[1]), r.hlen(NAME_KEYS[2])] == [1, 1, 1]


def test_names_are_listed_page_by_page(scripts):
    for at, name in enumerate(("b", "c", "a", "\u00fc"), 5000):
        note(scripts, name, at, most=10)
    assert [n for n, *_ in listed(scripts, limit=2)] == [b"a", b"b", b"c"]
    assert [n for n, *_ in listed(scripts, after="b", limit=2)] == [b"c", "\u00fc".encode()]
    assert listed(scripts, after="\u00fc") == []


def member(n, to="d", score=5):
    return ["r", to, score, bytes([n]) * 16, bytes([n]) * 16, WEBHOOK,
            b"\xc4\x10" + bytes([n]) * 16, b"event frame"]


def claimed(scripts, highest=10, count=10, source="due"):
    keys = [P + (source if k == "due" else k) for k in CLAIM_KEYS]
    answer = scripts.run("claim", keys, fence(1), highest, count, 1000000, "", 1)
    return [(answer[i][0], answer[i + 4][:1]) for i in range(1, len(answer), 5)]


def grouped(scripts, *numbers):
    scripts.take("one")
    ops = [x for n in numbers for x in member(n)]
    scripts.settle(1, 1, "g", b"".join(bytes([n]) * 16 for n in numbers), *ops)


def test_what_goes_together_is_claimed_together(scripts):
    grouped(scripts, 9, 3, 6)
    scripts.settle(1, 2, *member(1))
    # By the first of them in the set, with room for one, in their own order.
    scripts.client.zadd(P + "due", {bytes([1]) * 16: 20, bytes([6]) * 16: 4})
    assert claimed(scripts, count=1) == [(9, b"\t"), (3, b"\t"), (6, b"\t")]
    assert scripts.client.zcard(P + "held") == 3
    assert claimed(scripts, highest=30) == [(1, b"")]
    # After a take-over the same again.
    scripts.client.delete(P + "lease")
    scripts.take("one")
    scripts.client.set(P + "epoch", fence(1))
    assert sorted(claimed(scripts, 30)) == sorted([(9, b"\t"), (3, b"\t"), (6, b"\t"), (1, b"")])
    scripts.settle(1, 3, "a", bytes([9]) * 16)
    assert not scripts.client.exists(P + "parcel")


@pytest.mark.parametrize("gone", [9, 3, 6])
def test_the_rest_goes_without_one_that_is_cancelled(scripts, gone):
    grouped(scripts, 9, 3, 6)
    left = [n for n in (9, 3, 6) if n != gone]
    assert scripts.run("cancel", CANCEL_KEYS, 7, b"frame", 1, WEBHOOK, bytes([gone]) * 16,
                       member(gone)[6], b"dead", "") == []
    assert claimed(scripts) == [(n, bytes(left[:1])) for n in left]
    scripts.settle(1, 2, "a", bytes(left[:1]) * 16)
    assert not scripts.client.exists(P + "parcel")


def test_one_that_is_lost_does_not_hold_the_rest(scripts):
    grouped(scripts, 9, 3, 6)
    scripts.client.zrem(P + "due", bytes([9]) * 16)
    assert claimed(scripts) == [(3, b"\x03"), (6, b"\x03")]
    assert sorted(scripts.client.hkeys(P + "parcel")) == [bytes([3]) * 16, bytes([6]) * 16]
    scripts.client.hset(P + "parcel", bytes([7]) * 16, bytes([8]) * 16)
    scripts.settle(1, 2, *member(7))
    assert claimed(scripts) == [(7, b"")]
    assert not scripts.client.hexists(P + "parcel", bytes([7]) * 16)
