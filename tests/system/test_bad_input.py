"""Hostile publishers: a clear error or a dropped peer, no growth, no crash, and
everybody else is served.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import random
import resource
import socket
import struct

import msgpack
import pytest
import zmq

from harness.http import request
from harness.publisher import NoReply, Publisher
from harness.wait import wait_until

GROWTH_KB = 48 * 1024


@pytest.fixture(autouse=True)
def still_serving(system, sink, project, path):
    """After every test: the same processes, no growth, and others are served."""
    project.webhook(sink.url(path))
    project.publish(100, packed=True)
    pids = {s: system.pid_of(s) for s in ("ingest", "router", "sender", "console")}
    before = system.rss_kb("ingest")
    yield
    assert {s: system.pid_of(s) for s in pids} == pids, "a process has died"
    event = project.publish_one()
    wait_until(lambda: event in sink.ok_ids(path), 10, "an event of a good publisher")
    grown = system.rss_kb("ingest") - before
    assert grown < GROWTH_KB, f"ingest has grown by {grown} KB"


def refused(publisher, body, codes=("malformed", "invalid_event", "too_large")):
    publisher.send_frames([body])
    reply = publisher.receive_frames()[-1]
    document = json.loads(reply) if reply[:1] == b"{" else msgpack.unpackb(reply)
    assert document["ok"] is False and document["error"]["code"] in codes, document
    assert document["error"]["message"]
    return document["error"]


def test_random_bytes(project):
    rng = random.Random(7)
    for _ in range(500):
        refused(project.publisher, rng.randbytes(rng.randrange(0, 300)))


def test_every_truncation(project):
    message = project.message(dataFields={"a": [1, 2.5, None], "b": {"c": "d" * 40}})
    for whole in (msgpack.packb([message, message]), json.dumps([message]).encode()):
        for n in range(len(whole)):
            refused(project.publisher, whole[:n])


def test_mutations(project):
    """Most are refused, some are still events; every one gets an answer."""
    rng = random.Random(11)
    whole = bytearray(msgpack.packb(project.message(dataFields={"a": [1, "b"], "c": {}})))
    for _ in range(500):
        raw = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        project.publisher.send_frames([bytes(raw)])
        reply = project.publisher.receive_frames()[-1]
        assert b"ok" in reply


HOSTILE = {
    "array of 2^32-1": b"\xdd\xff\xff\xff\xff",
    "array of 128 million": b"\xdd\x07\xff\xff\xff",
    "map of 2^32-1": b"\xdf\xff\xff\xff\xff\xa1a",
    "string of 4 GiB": b"\x81\xa7project\xdb\xff\xff\xff\xff",
    "binary of 4 GiB": b"\x81\xa7project\xc6\xff\xff\xff\xff",
    "ext": b"\x81\xa7project\xc7\x04\x01abcd",
    "reserved byte": b"\x81\xa7project\xc1",
    "a million open arrays": b"\x91" * 1_000_000,
    "a million open maps": b"\x81\xa1a" * 1_000_000,
    "nil": b"\xc0",
    "empty": b"",
    "a number": b"\x07",
    "two values": b"\x80\x80",
    "JSON brackets": b"[" * 1_000_000,
    "JSON objects": b'{"a":' * 500_000,
    "JSON then more": b'{"a":1} {"b":2}',
    "JSON with a comment": b'{"a":1/*x*/}',
    "JSON with a comma too many": b'{"a":1,}',
    "JSON, single quotes": b"{'a':1}",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile(project, body):
    refused(project.publisher, body)


VALUES = {
    "NaN": "NaN", "Infinity": "Infinity", "1e999": "1e999", "leading zero": "01", "hex": "0x1",
    "plus": "+1", "bare dot": ".5", "lone surrogate": '"\\ud800"', "control": '"\x01"',
    "bad escape": '"\\x"',
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_json_values_that_are_none(project, value):
    raw = json.dumps(project.message(dataFields={"a": 1})).replace('{"a": 1}', '{"a": %s}' % value)
    refused(project.publisher, raw.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_msgpack_floats_that_are_none(project, value):
    error = refused(project.publisher, msgpack.packb(project.message(dataFields={"a": value})))
    assert error["field"] == "dataFields.a"


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80",
                                  b"abc\xe2\x82"])
def test_invalid_utf8(project, text):
    body = json.dumps(project.message(dataFields={"a": "@"})).encode().replace(b"@", text)
    if b"ada" + text in body:  # the address has an @ too
        body = body.replace(b"ada" + text, b"ada@", 1)
    refused(project.publisher, body)
    packed = msgpack.packb(project.message(dataFields={"a": "#" * len(text)}))
    refused(project.publisher, packed.replace(b"#" * len(text), text))
    packed = msgpack.packb(project.message(dataFields={"#" * len(text): 1}))
    refused(project.publisher, packed.replace(b"#" * len(text), text))


def test_duplicate_keys(project):
    for fields in ('{"a":1,"a":1}', '{"b":{"c":1,"d":2,"c":3}}', '{"a":1,"\\u0061":2}'):
        raw = json.dumps(project.message(dataFields={"@": 0})).replace('{"@": 0}', fields)
        refused(project.publisher, raw.encode())
    raw = json.dumps(project.message())[:-1] + ', "project": "again"}'
    refused(project.publisher, raw.encode())
    packed = msgpack.packb(project.message(dataFields={"key1": 1, "key2": 2}))
    refused(project.publisher, packed.replace(b"key2", b"key1"))


def test_keys_that_are_no_strings(project):
    refused(project.publisher, msgpack.packb(project.message(dataFields={1: 2})))
    refused(project.publisher, msgpack.packb(project.message(dataFields={b"a": 2})))
    refused(project.publisher, msgpack.packb({7: 1}))


def test_nine_mebibytes(system, project):
    """Refused with an error, or the peer is dropped; then it may come again."""
    for body in (b"[" + b" " * (9 << 20), b"\xdb" + struct.pack(">I", 9 << 20) + b"x" * (9 << 20)):
        big = Publisher(system.publish_endpoint)
        big.send_frames([body])
        try:
            assert b"too_large" in big.receive_frames(3)[-1]
        except NoReply:
            pass
        big.close()


def test_eight_mebibytes_are_taken(project):
    messages = [project.message(dataFields={"a": "x" * 100_000}) for _ in range(75)]
    raw = msgpack.packb(messages)
    assert 7 << 20 < len(raw) < 8 << 20
    assert project.publisher.send(raw, timeout=20)["accepted"] == 75


def test_wrong_frames(system, project):
    publisher = project.publisher
    for frames in ([b""], [b"", b""], [b"a"] * 3, [b""] * 15):
        publisher.send_frames(frames)
        reply = publisher.receive_frames()
        assert reply[:-1] == frames[:-1] and b"malformed" in reply[-1]
    many = Publisher(system.publish_endpoint)
    many.send_frames([b"x"] * 1000)
    with pytest.raises(NoReply):
        many.receive_frames(0.3)
    many.close()


def test_wrong_protocol(system):
    """Raw bytes, half a greeting, HTTP: on each of the three ports."""
    rng = random.Random(3)
    for name in ("publish", "pull", "http", "console"):
        for raw in (rng.randbytes(2000), b"\xff" + b"\0" * 8 + b"\x7f\x03", b"\xff",
                    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET " + b"/" * 100_000,
                    b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
                    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", system.ports[name]), 5) as s:
                try:
                    s.sendall(raw)
                except OSError:
                    pass


def test_wrong_socket_kinds(system, project):
    """A PUSH on the acknowledged socket, a DEALER on the other."""
    push = zmq.Context.instance().socket(zmq.PUSH)
    push.connect(system.publish_endpoint)
    dealer = Publisher(system.pull_endpoint)
    dealer.socket.setsockopt(zmq.SNDTIMEO, 200)
    try:
        push.setsockopt(zmq.SNDTIMEO, 200)
        push.send(json.dumps(project.message()).encode())
    except zmq.Again:
        pass
    try:
        dealer.send_frames([json.dumps(project.message()).encode()])
    except zmq.Again:
        pass
    push.close(linger=0)
    dealer.close()


def test_publisher_that_never_reads(system, project):
    """Its answers pile up to a limit; then it is read from no more, or dropped."""
    rude = zmq.Context.instance().socket(zmq.DEALER)
    rude.setsockopt(zmq.LINGER, 0)
    rude.setsockopt(zmq.RCVHWM, 1)
    rude.setsockopt(zmq.SNDHWM, 1000)
    rude.setsockopt(zmq.RCVBUF, 4096)
    rude.connect(system.publish_endpoint)
    body = json.dumps(project.message(project="nobody", dataFields={})).encode()
    sent = 0
    while sent < 60_000:
        try:
            rude.send(body, zmq.DONTWAIT)
        except zmq.Again:
            if not rude.poll(200, zmq.POLLOUT):
                break
            continue
        sent += 1
        if sent % 20_000 == 0:
            assert project.publisher.send(project.message())["ok"]
    assert project.publisher.send(project.message())["ok"]
    rude.close()


def test_idle_connections(system, project):
    """POSTRIDER_TEST_IDLE of them, most on the publish port, some on HTTP."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(int(os.environ.get("POSTRIDER_TEST_IDLE", "10000")), hard - 500)
    before = system.rss_kb("ingest")
    idle = []
    try:
        for i in range(count):
            port = system.ports["publish" if i % 10 else "http"]
            idle.append(socket.create_connection(("127.0.0.1", port), 5))
        assert project.publisher.send(project.message())["ok"]
        fresh = Publisher(system.publish_endpoint)
        assert fresh.send(project.message())["ok"], "a new publisher is served beside them"
        fresh.close()
        answer = request("POST", f"{system.http_base}{project.path}/events", b"{}",
                         {"Content-Type": "application/json"})
        assert answer.status == 401, "HTTP is served beside them"
        per_connection = (system.rss_kb("ingest") - before) / len(idle)
        print(f"{len(idle)} idle connections, {per_connection:.1f} KB each")
        assert per_connection < 40
    finally:
        for s in idle:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
