"""Publishing journeys' calls and exits: what is taken, what is refused, what is told later.

SPDX-License-Identifier: Apache-2.0
"""
import json
import time

import msgpack
import pytest
import zmq

from harness.http import request
from harness.publisher import Publisher, decode, encode
from harness.system import PARTITIONS
from harness.wait import wait_until
from harness.wire import PROCESS, frame, id_at, id_of

PACKED = pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])


class Journeys:
    """A project with a journey's webhook, as its document lies in Redis."""

    def __init__(self, project):
        self.project, self.system = project, project.system
        self.hook = self.put("crm")

    def put(self, name, **fields):
        document = {"id": id_of("wh", id_at(1, next(self.system.numbers))),
                    "project": self.project.id, "name": name, "kind": "journey",
                    "url": "https://127.0.0.1:9/", "method": "POST", "version": 1, **fields}
        self.write(document["id"], json.dumps(document))
        return document

    def write(self, hook, text):
        r = self.system.redis
        with r.pipeline() as p:
            if text:
                p.hset("pr:{cfg}:webhook", hook, text)
            else:
                p.hdel("pr:{cfg}:webhook", hook)
            p.incr("pr:{cfg}:version")
            version = p.execute()[1]
        r.publish("pr:{cfg}:changed", f"{version} webhook {hook}")

    def call(self, **fields):
        document = {"op": "journeyCall", "project": self.project.id, "webhook": "crm",
                    "journeyId": "welcome", "pathId": "path-77", "email": "ada@example.com"}
        document.update(fields)
        return {k: v for k, v in document.items() if v is not None}

    def leave(self, **fields):
        return {"op": "journeyExit", "project": self.project.id, "pathId": "path-77", **fields}

    def wait_known(self):
        """Without leaving a call behind: a body is refused whole."""
        body = [self.call(), self.call(webhook="never-made")]
        wait_until(lambda: self.project.publisher.send(body)["error"]["index"] == 1, 5,
                   "the webhook is known")

    def end(self, event, **fields):
        """As a router leaves it, in whatever partition it is."""
        outcome = {"id": event, "outcome": "delivered", "status": 200, "values": None,
                   "error": None, **fields}
        for n in range(PARTITIONS):
            self.system.redis.set(f"pr:{{p{n}}}:call:{event}", json.dumps(outcome), ex=60)
        return outcome


@pytest.fixture
def journeys(project):
    made = Journeys(project)
    made.wait_known()
    yield made
    made.write(made.hook["id"], None)


def assert_refused(reply, field, index=0, code="invalid_event"):
    error = reply["error"]
    assert (error["code"], error["index"], error["field"]) == (code, index, field), reply
    assert error["message"]


@PACKED
def test_taken(journeys, packed):
    body = [journeys.call(), journeys.call(webhook=journeys.hook["id"], tile="liveData",
                                           userId="u", profile={"a": [1]}, event={"b": None},
                                           params={"v": "{{event.b}}", "n": 1.5, "t": True}),
            journeys.leave(), journeys.project.message(), journeys.call(tile="userProfile")]
    reply = journeys.project.publisher.send(body, packed)
    assert reply["ok"] and reply["accepted"] == 5 and len(set(reply["ids"])) == 5


@PACKED
@pytest.mark.parametrize("fields, field", [
    ({"webhook": None}, "webhook"),
    ({"journeyId": None}, "journeyId"),
    ({"pathId": None}, "pathId"),
    ({"pathId": "x" * 257}, "pathId"),
    ({"email": None}, "email"),
    ({"tile": "exit"}, "tile"),
    ({"reply": "mail"}, "reply"),
    ({"params": {"a": {"b": 1}}}, "params.a"),
    ({"params": {"a": "x" * 65536}}, "params"),
    ({"profile": []}, "profile"),
    ({"dataFields": {}}, "dataFields"),
    ({"orderingKey": "o"}, "orderingKey"),
    ({"eventName": "e"}, "eventName"),
    ({"op": "journeyExit"}, "email"),
    ({"op": "event"}, "webhook"),
], ids=lambda v: json.dumps(v)[:30])
def test_refused(journeys, fields, field, packed):
    reply = journeys.project.publisher.send([journeys.leave(), journeys.call(**fields)], packed)
    assert_refused(reply, field, 1)


def test_webhooks_that_no_journey_may_call(system, journeys, sink, path):
    publisher = journeys.project.publisher
    other = system.project()
    other.wait_known()
    theirs = Journeys(other)
    theirs.wait_known()
    system_hook = journeys.project.webhook(sink.url(path), name="events")
    for hook in ("nobody", id_of("wh", id_at(2, 0)), "events", system_hook["id"], theirs.hook["id"]):
        assert_refused(publisher.send([journeys.project.message(), journeys.call(webhook=hook)]),
                       "webhook", 1)
    assert publisher.send(theirs.call())["ok"]
    assert journeys.project.publish(), "nothing of a refused body has been taken"
    theirs.write(theirs.hook["id"], None)
    other.close()


def test_a_webhook_changes_its_name_and_goes(journeys):
    publisher = journeys.project.publisher
    hook = journeys.put("first")
    wait_until(lambda: publisher.send(journeys.call(webhook="first"))["ok"], 2, "it is known")
    journeys.write(hook["id"], json.dumps({**hook, "name": "second", "version": 2}))
    wait_until(lambda: publisher.send(journeys.call(webhook="second"))["ok"], 2, "its new name")
    assert_refused(publisher.send(journeys.call(webhook="first")), "webhook")
    journeys.write(hook["id"], None)
    wait_until(lambda: not publisher.send(journeys.call(webhook="second"))["ok"], 2, "it is gone")
    assert_refused(publisher.send(journeys.call(webhook=hook["id"])), "webhook")


def test_over_http(system, journeys):
    url = f"{system.http_base}{journeys.project.path}/events"
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " +
               system.settings["ADMIN_KEY"]}

    def post(*body):
        return request("POST", url, json.dumps(body).encode(), headers)
    answer = post(journeys.call(project=None, reply="result"), journeys.leave())
    assert answer.status == 202 and answer.json["accepted"] == 2
    answer = post(journeys.call(webhook="nobody"))
    assert answer.status == 400
    assert answer.json["code"] == "invalid_event" and answer.json["field"] == "webhook"
    assert post(journeys.call(journeyId="")).json["field"] == "journeyId"


def test_journeys_are_no_names_of_their_own(journeys):
    assert journeys.project.publisher.send([journeys.call(), journeys.leave()])["ok"]
    journeys.project.publish_one(eventName="ownName")

    def names():
        listed = journeys.project.api.get(journeys.project.path + "/event-types").json["data"]
        return [t["name"] for t in listed]
    wait_until(lambda: "ownName" in names(), 5, "the name behind them")
    assert names() == ["ownName"]


# ---- "reply": "result" ----

@PACKED
def test_the_result_comes_behind_the_same_frames(journeys, packed):
    publisher = journeys.project.publisher
    front = [b"correlation", b""]
    publisher.send_frames([*front, encode(journeys.call(reply="result", expiresInMs=600000),
                                          packed)])
    *frames, first = publisher.receive_frames()
    assert frames == front and decode(first)["ok"]
    event = decode(first)["ids"][0]
    outcome = journeys.end(event, values={"sky": ["blue", 1.5, {"n": None}], "k": -1})
    *frames, second = publisher.receive_frames(15)
    assert frames == front and decode(second) == outcome
    assert (second[:1] == b"{") == (not packed)


def test_a_repeated_call_hears_of_the_first(journeys):
    publisher = journeys.project.publisher
    call = journeys.call(id="once", reply="result", expiresInMs=600000)
    event = publisher.send(journeys.call(id="once", expiresInMs=600000))["ids"][0]
    outcome = journeys.end(event, outcome="dead", status=500, error="HTTP 500")
    reply = publisher.send(call)
    assert reply["duplicates"] == 1 and reply["ids"] == [event]
    # Looked up at once: long before the first look at other calls.
    assert decode(publisher.receive_frames(0.8)[-1]) == outcome


def test_a_requester_gets_one_answer(system, journeys):
    asker = Publisher(system.publish_endpoint, zmq.REQ)
    event = asker.send(journeys.call(reply="result", expiresInMs=600000))["ids"][0]
    journeys.end(event)
    for _ in range(3):
        assert asker.send(journeys.leave())["ok"]
    asker.close()
    assert journeys.project.publisher.send(journeys.leave())["ok"]


def test_no_result_unless_asked_for(journeys):
    publisher = journeys.project.publisher
    for fields in ({}, {"reply": "feed"}):
        event = publisher.send(journeys.call(**fields, expiresInMs=600000))["ids"][0]
        journeys.end(event)
    assert not publisher.socket.poll(1500)


def test_msgpack_of_many(journeys):
    """One body, a result for each call that wants one, in any order."""
    publisher = journeys.project.publisher
    calls = [journeys.call(reply="result" if n % 2 else "feed", expiresInMs=600000)
             for n in range(40)]
    publisher.send_frames([msgpack.packb(calls)])
    ids = msgpack.unpackb(publisher.receive_frames()[-1])["ids"]
    for event in ids:
        journeys.end(event)
    told = {msgpack.unpackb(publisher.receive_frames(15)[-1])["id"] for _ in range(20)}
    assert told == set(ids[1::2])
    assert not publisher.socket.poll(300)


class Feed:
    """A router's, of a process that is nothing else."""

    def __init__(self, system):
        self.redis = system.redis
        self.socket = zmq.Context.instance().socket(zmq.XPUB)
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        record = frame(PROCESS, "feed", "fake", "elsewhere", "0", 1, 1, 1, 1, "", "",
                       f"tcp://127.0.0.1:{port}", "")
        # From an hour ahead: it does not get stale while the test runs.
        self.redis.hset("pr:{run}:process", "fake",
                        b"%d %s" % ((time.time() + 3600) * 1000, record))

    def wait_subscribed(self):
        """Until ingest listens, to calls alone."""
        assert self.socket.poll(10000)
        assert self.socket.recv() == b"\1call."

    def tell(self, project, **outcome):
        self.socket.send_multipart([b"call." + project.encode(), msgpack.packb(outcome)])

    def close(self):
        self.redis.hdel("pr:{run}:process", "fake")
        self.socket.close(0)


@PACKED
def test_a_result_on_the_feed(system, journeys, packed):
    publisher = journeys.project.publisher
    feed = Feed(system)
    feed.wait_subscribed()
    ids = publisher.send([journeys.call(reply="result", expiresInMs=600000)] * 2, packed)["ids"]
    outcome = {"id": ids[1], "outcome": "delivered", "status": 201, "values": {"é": [None, 0.25]},
               "error": None}
    feed.socket.send_multipart([b"call.x", b"\xc1"])
    feed.tell(journeys.project.id, id=id_of("evt", id_at(1, 1)), outcome="dead")
    feed.tell(journeys.project.id, **outcome, more=1)
    # At once: before anything is looked up.
    assert decode(publisher.receive_frames(0.8)[-1]) == outcome
    feed.tell(journeys.project.id, **outcome)
    assert not publisher.socket.poll(300), "told once"
    feed.close()
