"""Publishing: every socket, both encodings, what is refused and how.

SPDX-License-Identifier: Apache-2.0
"""
import json

import msgpack
import pytest
import zmq

from harness.http import request
from harness.publisher import Publisher
from harness.wait import stays, wait_until


def arrived(sink, path, count=1):
    return wait_until(lambda: len(sink.ids(path)) >= count and sink.requests(path), 10,
                      f"{count} events on {path}")


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
@pytest.mark.parametrize("kind", [zmq.REQ, zmq.DEALER], ids=["req", "dealer"])
def test_acknowledged(system, sink, project, path, kind, packed):
    project.webhook(sink.url(path))
    publisher = Publisher(system.publish_endpoint, kind=kind)
    reply = publisher.send(project.message(dataFields={"a": [1, "x", None, True]}), packed)
    assert reply == {"ok": True, "accepted": 1, "duplicates": 0, "ids": reply["ids"]}
    assert reply["ids"][0].startswith("evt_") and len(reply["ids"][0]) == 30
    got = arrived(sink, path)[0]
    assert got.headers["webhook-id"] == reply["ids"][0]
    assert got.json == {"email": "ada@example.com", "eventName": "emailSend",
                        "dataFields": {"a": [1, "x", None, True]}}
    publisher.close()


def test_frames_before_the_body_come_back(system, project):
    publisher = project.publisher
    frames = [b"correlation-7", b"", b"\x00\xff"]
    publisher.send_frames(frames + [json.dumps(project.message()).encode()])
    reply = publisher.receive_frames()
    assert reply[:-1] == frames
    assert json.loads(reply[-1])["ok"]


def test_batch_of_a_thousand_and_one_more(project):
    reply = project.publisher.send([project.message() for _ in range(1000)], packed=True)
    assert reply["ok"] and reply["accepted"] == 1000 and len(set(reply["ids"])) == 1000
    reply = project.publisher.send([project.message() for _ in range(1001)], packed=True)
    assert not reply["ok"] and reply["error"]["code"] in ("too_large", "malformed",
                                                          "invalid_event")
    assert not project.publisher.send([])["ok"]


def test_batch_is_taken_whole_or_not_at_all(sink, project, path):
    project.webhook(sink.url(path))
    batch = [project.message(), project.message(), project.message(eventName=7)]
    reply = project.publisher.send(batch)
    assert not reply["ok"]
    error = reply["error"]
    assert error["code"] == "invalid_event" and error["index"] == 2
    assert error["field"] == "eventName" and error["message"]
    marker = project.publish_one()
    wait_until(lambda: marker in sink.ids(path), 10, "the event behind it")
    assert sink.ids(path) == {marker}


def test_push(system, sink, project, path):
    project.webhook(sink.url(path))
    push = zmq.Context.instance().socket(zmq.PUSH)
    push.connect(system.pull_endpoint)
    push.send(json.dumps([project.message(), project.message()]).encode())
    push.send(msgpack.packb(project.message()))
    wait_until(lambda: len(sink.ids(path)) == 3, 10, "three events from the PUSH socket")
    push.send(b'{"project": 1}')
    wait_until(lambda: b"invalid_event" in b" ".join(
        system.redis.lrange("pr:{run}:rejects", 0, -1)), 5, "the reject is kept")
    push.close(linger=0)


def post(system, project, body, key=None, content_type="application/json", path=None):
    headers = {"Content-Type": content_type}
    headers["Authorization"] = "Bearer " + (key if key is not None else project.api.key)
    return request("POST", system.http_base + (path or f"{project.path}/events"), body, headers)


def without_project(project, **fields):
    message = project.message(**fields)
    del message["project"]
    return message


def test_http(system, sink, project, path):
    project.webhook(sink.url(path))
    answer = post(system, project, json.dumps(without_project(project)))
    assert answer.status == 202, answer
    assert answer.json["ok"] and answer.json["accepted"] == 1
    answer = post(system, project, msgpack.packb([without_project(project)] * 2),
                  content_type="application/msgpack")
    assert answer.status == 202, answer
    assert answer.json["accepted"] == 2
    wait_until(lambda: len(sink.ids(path)) == 3, 10, "three events over HTTP")


@pytest.mark.parametrize("body, key, kind, where, status, code", [
    (b"{", None, "application/json", None, 400, "malformed"),
    (b'{"eventName": "a"}', None, "application/json", None, 400, "invalid_event"),
    (b"{}", "", "application/json", None, 401, "unauthorized"),
    (b"{}", "no-such-key", "application/json", None, 401, "unauthorized"),
    (b'{"eventName":"a","email":"b"}', None, "application/json",
     "/v1/projects/nobody/events", 404, "unknown_project"),
    (b" " * (9 << 20), None, "application/json", None, 413, "too_large"),
    (b"a=b", None, "application/x-www-form-urlencoded", None, 415, None),
])
def test_http_errors(system, project, body, key, kind, where, status, code):
    try:
        answer = post(system, project, body, key, kind, where)
    except (BrokenPipeError, ConnectionResetError):
        # It may answer and close before it has read 9 MiB.
        assert status == 413
        return
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/problem+json")
    if code:
        assert answer.json["code"] == code
    assert answer.json["status"] == status


def test_http_takes_only_post(system, project):
    answer = request("GET", f"{system.http_base}{project.path}/events",
                     headers={"Authorization": f"Bearer {project.api.key}"})
    assert answer.status in (404, 405), answer


NUMBERS = '{"z":1.0,"a":1e5,"m":{"y":0.10,"b":12345678901234567890,"k":-0},"e":[1E+2,3.140]}'


def test_spelling_and_order_are_kept(sink, project, path):
    project.webhook(sink.url(path))
    raw = ('{"project":"%s","dataFields":%s,"eventName":"emailSend","userId":"u-1"}'
           % (project.id, NUMBERS)).encode()
    assert project.publisher.send(raw)["ok"]
    body = arrived(sink, path)[0].body.decode()
    assert NUMBERS in body
    assert json.loads(body)["userId"] == "u-1" and "email" not in json.loads(body)


def test_key_order_of_msgpack_is_kept(sink, project, path):
    project.webhook(sink.url(path))
    fields = {"z": 1, "a": -2, "m": {"y": 1.5, "b": "ü\n\"\\"}, "big": 2**63}
    project.publish(packed=True, dataFields=fields)
    body = arrived(sink, path)[0].body.decode()
    assert list(json.loads(body)["dataFields"]) == ["z", "a", "m", "big"]
    assert json.loads(body)["dataFields"] == fields


def test_same_id_is_delivered_once(sink, project, path):
    project.webhook(sink.url(path))
    first = project.publisher.send(project.message(id="order-1"))
    again = project.publisher.send(project.message(id="order-1"))
    assert again["ok"] and again["accepted"] == 0 and again["duplicates"] == 1
    assert again["ids"] == first["ids"]
    both = project.publisher.send([project.message(id="order-1"), project.message(id="order-2"),
                                   project.message(id="order-2")])
    assert both["ok"] and both["accepted"] == 1 and both["duplicates"] == 2
    assert both["ids"][0] == first["ids"][0] and both["ids"][1] == both["ids"][2]
    wait_until(lambda: len(sink.ids(path)) == 2, 10, "two events")
    marker = project.publish_one()
    wait_until(lambda: marker in sink.ids(path), 10, "the one behind")
    assert len(sink.receipts(path)) == 3 and all(r.count == 1 for r in sink.receipts(path))


def test_same_id_in_another_project_is_another_event(system, project):
    other = system.project()
    other.wait_known()
    a = project.publisher.send(project.message(id="x"))
    b = other.publisher.send(other.message(id="x"))
    assert a["accepted"] == b["accepted"] == 1 and a["ids"] != b["ids"]
    other.close()


def test_expiry(sink, project, path):
    sink.behave(path, status=503)
    webhook = project.webhook(sink.url(path), retry={"delaysS": [1] * 20, "jitter": 0})
    event = project.publish_one(expiresInMs=1500)
    delivery = project.wait_status(event, "dead", 10)
    assert "expired" in json.dumps(delivery), delivery
    count = sink.stats(path)["requests"]
    assert 1 <= count <= 3
    stays(lambda: sink.stats(path)["requests"] == count, 1.5, "no more tries once expired")
    assert webhook


def test_created_at_is_kept(project):
    when = "2026-01-02T03:04:05.678Z"
    # Nobody listens there, so the event is kept for the next try.
    project.webhook("http://127.0.0.1:9/", retry={"delaysS": [3600], "jitter": 0})
    event = project.publish_one(createdAt=when)

    def shown():
        answer = project.api.get(f"{project.path}/events/{event}")
        return answer.json if answer.status == 200 else None
    assert wait_until(shown, 10, "it is listed")["createdAt"] == when


BAD = [
    ({"eventName": ""}, "invalid_event", "eventName"),
    ({"eventName": "x" * 129}, "invalid_event", "eventName"),
    ({"eventName": None}, "invalid_event", "eventName"),
    ({"dataFields": []}, "invalid_event", "dataFields"),
    ({"dataFields": "x"}, "invalid_event", "dataFields"),
    ({"email": 3}, "invalid_event", "email"),
    ({"id": ""}, "invalid_event", "id"),
    ({"id": "x" * 129}, "invalid_event", "id"),
    ({"createdAt": "yesterday"}, "invalid_event", "createdAt"),
    ({"expiresInMs": -1}, "invalid_event", "expiresInMs"),
    ({"expiresInMs": "1"}, "invalid_event", "expiresInMs"),
    ({"surprise": 1}, "invalid_event", "surprise"),
    ({"op": "journeyNothing"}, "invalid_event", "op"),
    ({"project": "nobody-at-all"}, "unknown_project", None),
    ({"project": ""}, None, "project"),
]


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
@pytest.mark.parametrize("fields, code, field", BAD, ids=[str(b[0])[:40] for b in BAD])
def test_invalid_events(project, fields, code, field, packed):
    reply = project.publisher.send(project.message(**fields), packed)
    assert not reply["ok"]
    if code:
        assert reply["error"]["code"] == code, reply
    if field:
        assert reply["error"]["field"] == field, reply
    assert reply["error"]["message"]


def test_needs_email_or_user(project):
    message = project.message()
    del message["email"]
    reply = project.publisher.send(message)
    assert not reply["ok"] and reply["error"]["code"] == "invalid_event"


def test_limits(project):
    deep = json.loads("[" * 31 + "]" * 31)
    too_deep = json.loads("[" * 40 + "]" * 40)
    big = "x" * (1 << 20)
    for packed in (False, True):
        assert project.publisher.send(project.message(dataFields={"a": "x" * 900000}),
                                      packed)["ok"]
        reply = project.publisher.send(project.message(dataFields={"a": big}), packed)
        assert reply["error"]["code"] == "too_large", reply
        reply = project.publisher.send(project.message(dataFields={"a": too_deep}), packed)
        assert not reply["ok"], reply
        assert "dataFields" in reply["error"].get("field", ""), reply
    assert project.publisher.send(project.message(dataFields={"a": deep[0][0][0]}))["ok"]
