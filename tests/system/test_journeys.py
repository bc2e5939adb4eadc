"""Journeys: calls in the order of their path, and what their answers leave.

SPDX-License-Identifier: Apache-2.0
"""
import json
import threading

import msgpack
import pytest
import zmq

from harness.journey import Engine, answer
from harness.wait import stays, wait_until


@pytest.fixture
def engine(project):
    made = Engine(project)
    yield made
    made.close()


@pytest.fixture
def profile_hook(engine):
    engine.receiver.answers["/profile"] = answer({"tier": "gold", "points": 1200})
    return engine.webhook("/profile?user={{userId}}", method="GET",
                          capture={"profileFields": {"loyaltyTier": "$.tier",
                                                     "points": "$.points"}})


@pytest.fixture
def weather_hook(engine):
    engine.receiver.answers["/weather"] = answer({"sky": "clear", "wind": {"kmh": 7}})
    return engine.webhook("/weather?c={{city}}", method="GET",
                          dataRetrieval={"enabled": True, "name": "weather"})


BODY = ('{"tier":"{{loyaltyTier}}","points":{{{points}}},"sky":"{{liveData.weather.sky}}",'
        '"kmh":{{{liveData.weather.wind.kmh}}}}')


def left_of_paths(engine):
    """Of this project's paths, and of calls that are not at their end."""
    open_calls = [d for status in ("queued", "sending", "waiting")
                  for d in engine.project.deliveries(status=status)]
    return engine.project.system.kept(f"path:{engine.project.id}:*"), open_calls


def test_three_steps(engine, profile_hook, weather_hook):
    post = engine.webhook("/post", body=BODY)
    steps = [engine.call(profile_hook, tile="userProfile", userId="u-1"),
             engine.call(weather_hook, tile="liveData", profile={"city": "Köln"}),
             engine.call(post, userId="u-1")]
    for step in steps:
        engine.delivered(step)
    assert engine.receiver.at("/weather")[0]["path"] == "/weather?c=K%C3%B6ln"
    assert engine.receiver.at("/profile")[0]["path"] == "/profile?user=u-1"
    assert [r["method"] for r in engine.receiver.requests] == ["GET", "GET", "POST"]
    assert engine.bodies("/post") == [{"tier": "gold", "points": 1200, "sky": "clear", "kmh": 7}]
    assert engine.profile("u-1") == {"loyaltyTier": "gold", "points": 1200}
    assert engine.profile("ada@example.com") == engine.profile("u-1")
    assert engine.live_data("path-1") == {"weather": {"sky": "clear", "wind": {"kmh": 7}}}
    engine.exit()
    wait_until(lambda: engine.live_data("path-1") is None, 5, "it is gone after the exit")
    after = engine.call(post)
    engine.delivered(after)
    text = engine.receiver.at("/post")[-1]["body"].decode()
    assert text == '{"tier":"gold","points":1200,"sky":"","kmh":}'
    wait_until(lambda: left_of_paths(engine) == ({}, []), 5, "nothing is left of the path")


def test_calls_of_a_path_wait_for_each_other(engine):
    """Across webhooks, while one is tried again; other paths go on."""
    slow, fast = engine.webhook("/slow"), engine.webhook("/fast")
    tries = iter([503, 503])
    engine.receiver.answers["/slow"] = lambda: (next(tries, 204), {})
    calls = [engine.call(slow), engine.call(fast), engine.call(slow), engine.call(fast)]
    other = engine.call(fast, "path-2")
    engine.delivered(other)
    assert len(engine.receiver.at("/fast")) == 1
    for call in calls:
        engine.delivered(call)
    ids = {r["headers"]["webhook-id"]: i for i, r in enumerate(engine.receiver.requests)}
    assert sorted(calls, key=lambda c: ids[c]) == calls
    wait_until(lambda: left_of_paths(engine) == ({}, []), 5, "nothing is left")


def test_an_exit_waits_for_the_calls_before_it(engine, weather_hook):
    post = engine.webhook("/uses", body='{"sky":"{{liveData.weather.sky}}"}')
    failing = iter([500])
    engine.receiver.answers["/uses"] = lambda: (next(failing, 204), {})
    engine.call(weather_hook, tile="liveData")
    engine.call(post)
    engine.exit()
    last = engine.call(post)
    engine.delivered(last)
    assert [b["sky"] for b in engine.bodies("/uses")] == ["clear", "clear", ""]


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
def test_the_engine_hears_the_result(engine, profile_hook, weather_hook, packed):
    post = engine.webhook("/plain")
    result = engine.call_and_wait(profile_hook, packed=packed, tile="userProfile", userId="u-2")
    assert result == {"id": result["id"], "outcome": "delivered", "status": 200,
                      "values": {"loyaltyTier": "gold", "points": 1200}, "error": None}
    result = engine.call_and_wait(weather_hook, packed=packed, tile="liveData")
    assert result["values"] == {"sky": "clear", "wind": {"kmh": 7}}
    result = engine.call_and_wait(post, packed=packed)
    assert (result["outcome"], result["status"], result["values"]) == ("delivered", 204, None)
    kept = engine.project.api.get(f"{engine.project.path}/calls/{result['id']}")
    assert kept.status == 200 and kept.json == result


def test_a_failure_is_a_result(engine):
    hook = engine.webhook("/refuses", retry={"delaysS": [], "jitter": 0})
    engine.receiver.answers["/refuses"] = (422, {}, b"no")
    result = engine.call_and_wait(hook)
    assert result["outcome"] == "dead" and result["status"] == 422 and result["error"]


def test_what_expires_is_a_result(engine):
    hook = engine.webhook("/expires", retry={"delaysS": [3600], "jitter": 0})
    engine.receiver.answers["/expires"] = (503, {})
    result = engine.call_and_wait(hook, expiresInMs=1500)
    assert result["outcome"] == "dead" and result["error"] == "expired"


def test_what_expires_behind_another_is_a_result(engine):
    """It need not wait for its turn, which may be hours away."""
    first, second = engine.webhook("/first", retry={"delaysS": [3600], "jitter": 0}), \
        engine.webhook("/second")
    # The first is still with its receiver.
    held = threading.Event()
    engine.receiver.answers["/first"] = lambda: held.wait(10) and (503, {})
    engine.call(first)
    wait_until(lambda: engine.receiver.at("/first"), 5, "the first is under way")
    result = engine.call_and_wait(second, expiresInMs=1000)
    held.set()
    assert result["outcome"] == "dead" and result["error"] == "expired"
    assert engine.receiver.at("/second") == []


def test_fields_with_types_and_defaults(engine):
    fields = {"sky": {"path": "$.sky", "type": "string", "default": "?"},
              "wind": {"path": "$.wind", "type": "number"}}
    hook = engine.webhook("/fields", method="GET", retry={"delaysS": [], "jitter": 0},
                          dataRetrieval={"enabled": True, "name": "w", "fields": fields})
    engine.receiver.answers["/fields"] = answer({"wind": 3.50, "more": 1})
    assert engine.call_and_wait(hook, tile="liveData")["values"] == {"sky": "?", "wind": 3.5}
    engine.receiver.answers["/fields"] = answer({"wind": "strong"})
    result = engine.call_and_wait(hook, tile="liveData")
    assert result["outcome"] == "dead" and "wind" in result["error"]
    assert engine.live_data("path-1") == {"w": {"sky": "?", "wind": 3.5}}


@pytest.mark.parametrize("body", [b"<html>", b"", b"{\"tier\":"], ids=["html", "empty", "cut"])
def test_a_profile_answer_that_is_no_json_changes_nothing(engine, profile_hook, body):
    engine.receiver.answers["/profile"] = (200, {}, body)
    call = engine.call(profile_hook, tile="userProfile", userId="u-3")
    delivery = engine.delivered(call)
    shown = engine.project.api.get(f"{engine.project.path}/deliveries/{delivery['id']}").json
    assert "JSON" in shown["attempts"][0]["error"]
    assert engine.profile("u-3") is None


def test_the_later_call_wins(engine, profile_hook):
    """Whichever answer comes last."""
    engine.call(profile_hook, "a", tile="userProfile", userId="u-4",
                createdAt="2026-11-26T10:00:00.000Z")
    wait_until(lambda: engine.profile("u-4"), 5, "the first is kept")
    engine.receiver.answers["/profile"] = answer({"tier": "old"})
    earlier = engine.call(profile_hook, "b", tile="userProfile", userId="u-4",
                          createdAt="2026-11-26T09:00:00.000Z")
    engine.delivered(earlier)
    assert engine.profile("u-4")["loyaltyTier"] == "gold"
    engine.receiver.answers["/profile"] = answer({"tier": "new"})
    engine.delivered(engine.call(profile_hook, "c", tile="userProfile", userId="u-4",
                                 createdAt="2026-11-26T11:00:00.000Z"))
    assert engine.profile("u-4") == {"loyaltyTier": "new", "points": 1200}


def test_what_the_call_brings_goes_above_what_is_kept(engine, profile_hook):
    post = engine.webhook("/merge", body='{"tier":"{{loyaltyTier}}","p":"{{profile.points}}"}')
    engine.delivered(engine.call(profile_hook, tile="userProfile", userId="u-5"))
    engine.delivered(engine.call(post, userId="u-5", profile={"loyaltyTier": "mine"}))
    assert engine.bodies("/merge") == [{"tier": "mine", "p": "1200"}]


def test_other_answers_are_not_kept(engine):
    """Nowhere but in the attempt log's first 1 KiB, and there only if it may."""
    secret = "only-in-the-answer"
    for keep in (True, False):
        hook = engine.webhook(f"/answers/{keep}", keepAnswer=keep)
        engine.receiver.answers[f"/answers/{keep}"] = answer({"value": secret})
        delivery = engine.delivered(engine.call(hook, tile="webhook"))
        shown = engine.project.api.get(f"{engine.project.path}/deliveries/{delivery['id']}").json
        assert (secret in json.dumps(shown)) == keep
    r = engine.project.system.redis
    found = [k for k in r.scan_iter(count=1000) if r.type(k) in (b"string", b"hash") and
             secret.encode() in (r.get(k) or b"" if r.type(k) == b"string"
                                 else b"".join(r.hvals(k)))]
    assert found == []


def test_the_feed_tells(engine, profile_hook, weather_hook):
    feed = zmq.Context.instance().socket(zmq.SUB)
    feed.setsockopt(zmq.LINGER, 0)
    for topic in ("profile.", "liveData."):
        feed.setsockopt_string(zmq.SUBSCRIBE, topic + engine.project.id)
    feed.connect(engine.project.system.settings["ROUTER_FEED_BIND"])
    told = {}

    def heard():
        engine.call(profile_hook, tile="userProfile", userId="u-6")
        engine.call(weather_hook, tile="liveData")
        while feed.poll(200):
            topic, message = feed.recv_multipart()
            told[topic.decode().split(".")[0]] = msgpack.unpackb(message)
        return len(told) == 2
    wait_until(heard, 10, "both are told")
    feed.close()
    assert told["profile"] == {"email": "ada@example.com", "userId": "u-6",
                               "fields": {"loyaltyTier": "gold", "points": 1200}}
    assert told["liveData"] == {"pathId": "path-1",
                                "liveData": {"weather": {"sky": "clear", "wind": {"kmh": 7}}}}


def test_a_deleted_webhook_ends_its_calls(engine):
    first, second = engine.webhook("/gone"), engine.webhook("/stays")
    engine.receiver.answers["/gone"] = (503, {})
    engine.call(first)
    waiting = engine.call(second)
    wait_until(lambda: engine.receiver.at("/gone"), 5, "it is tried")
    assert engine.project.api.delete(engine.project.hook_path(first)).status in (200, 204)
    engine.delivered(waiting)


def test_params_join_the_query(engine):
    hook = engine.webhook("/params?fixed=1", method="GET")
    engine.delivered(engine.call(hook, event={"variant": "b & c"},
                                 params={"variant": "{{event.variant}}", "n": "7"}))
    assert engine.receiver.requests[0]["path"] == "/params?fixed=1&variant=b%20%26%20c&n=7"


def test_large_parameters_outlive_a_retry(engine):
    """They are a part of the event that its record keeps."""
    hook = engine.webhook("/large")
    tries = iter([503])
    engine.receiver.answers["/large"] = lambda: (next(tries, 204), {})
    params = {"a": "x" * 9000, "b": "{{! " + "y" * 50000 + " }}"}
    engine.delivered(engine.call(hook, params=params))
    paths = {r["path"] for r in engine.receiver.at("/large")}
    assert paths == {"/large?a=" + "x" * 9000 + "&b="}


def test_many_large_answers(engine):
    """All at once, of different paths; each is kept whole."""
    value = {"text": "z" * 60000}
    engine.receiver.answers["/big"] = answer(value)
    hook = engine.webhook("/big", method="GET",
                          dataRetrieval={"enabled": True, "name": "big"})
    calls = [engine.call(hook, f"path-{i}", tile="liveData") for i in range(60)]
    wait_until(lambda: all(engine.live_data(f"path-{i}") for i in range(60)), 20,
               "all are kept")
    assert all(engine.live_data(f"path-{i}") == {"big": value} for i in range(60))
    assert len(set(calls)) == 60


def test_a_repeated_id_calls_once(engine):
    hook = engine.webhook("/once")
    first = engine.call(hook, id="call-1")
    assert engine.call(hook, id="call-1") == first
    engine.delivered(first)
    stays(lambda: len(engine.receiver.at("/once")) == 1, 0.5)
