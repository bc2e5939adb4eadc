"""What the receiver of a journey's call gets: method, URL, headers, body; and what it never gets.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import hashlib
import hmac
import json
import urllib.parse

import pytest

from harness.journey import Engine, answer
from harness.verify import make_secret, verify
from harness.wait import wait_until

CALL = {"userId": "u-1", "profile": {"firstName": "Ada", "age": 36.50, "address": {"city": "Köln"}},
        "event": {"total": 12.5, "items": [{"sku": "x"}]}}
FORM = "application/x-www-form-urlencoded"

# What has a meaning somewhere: in JSON, in markup, in templates, in URLs, in a request's head.
NASTY = ['"', '","admin":true,"x":"', "\\", "a\nb", "\r\nX-Evil: 1", "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
         "\x00", "}}", "{{userId}}", "{{{userId}}}", "../../etc/passwd", "%2e%2e%2f", "/../x",
         "@evil.example/", "//evil.example/", "?a=1&b=2", "#f", "&x=1;y=2", "%0d%0aX-Evil:%201",
         "</script><script>", "'", "&amp;", "\u2028", "😀", " ", "+"]


class Seen:
    """A request as the receiver has kept it, for harness.verify too."""

    def __init__(self, kept):
        self.method, self.target, self.body = kept["method"], kept["path"], kept["body"]
        self.headers = {name.lower(): value for name, value in kept["headers"].items()}


@pytest.fixture
def engine(project):
    made = Engine(project)
    yield made
    made.close()


def send(engine, webhook, path, **fields):
    """Calls, and returns the one request that came of it."""
    before = len(engine.receiver.at(path))
    engine.delivered(engine.call(webhook, **{**CALL, **fields}))
    kept = engine.receiver.at(path)
    assert len(kept) == before + 1
    return Seen(kept[-1])


def refused(engine, webhook, **fields):
    """Calls, and returns why no request was ever made."""
    before = len(engine.receiver.requests)
    delivery = engine.dead(engine.call(webhook, **{**CALL, **fields}))
    shown = engine.project.api.get(f"{engine.project.path}/deliveries/{delivery['id']}").json
    assert len(engine.receiver.requests) == before and len(shown["attempts"]) == 1, shown
    return shown["attempts"][0]["error"]


def signature(seen, secret):
    """By hand: the verifier of others takes the body for JSON, which an empty one is not."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}."
    digest = hmac.new(key, head.encode() + seen.body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


# --- method and body ------------------------------------------------------------

@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_methods_with_the_default_body(engine, method):
    seen = send(engine, engine.webhook("/m", method=method), "/m")
    assert seen.method == method and seen.headers["content-type"] == "application/json"
    assert json.loads(seen.body) == {"journeyId": "welcome", "pathId": "path-1",
                                     "email": "ada@example.com", **CALL}
    assert seen.headers["content-length"] == str(len(seen.body))


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_methods_without_a_body(engine, method):
    secret = make_secret()
    webhook = engine.webhook("/m", method=method, signing={"enabled": True, "secrets": [secret]})
    seen = send(engine, webhook, "/m")
    assert seen.method == method and seen.body == b""
    for name in ("content-type", "content-length", "transfer-encoding", "expect"):
        assert name not in seen.headers
    assert seen.headers["webhook-id"].startswith("evt_")
    assert seen.headers["webhook-signature"] == signature(seen, secret)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_a_template_is_a_body_whatever_the_method(engine, method):
    secret = make_secret()
    webhook = engine.webhook("/t", method=method, body='{"n":"{{firstName}}"}',
                             signing={"enabled": True, "secrets": [secret]})
    seen = send(engine, webhook, "/t")
    assert (seen.method, seen.body) == (method, b'{"n":"Ada"}')
    assert seen.headers["content-type"] == "application/json"
    assert verify(seen, secret) == "ok"


def test_handles_are_shared_between_methods(engine):
    """One after the other, and back: nothing of a request stays for the next."""
    hooks = [engine.webhook("/s", method=m, **b) for m, b in
             [("GET", {}), ("POST", {}), ("DELETE", {}), ("GET", {"body": "x"}), ("PUT", {})]]
    for _ in range(2):
        for hook in hooks:
            seen = send(engine, hook, "/s")
            assert seen.method == hook["method"]
            assert bool(seen.body) == (hook["method"] in ("POST", "PUT") or hook.get("body") == "x")


def test_an_empty_body_is_a_body(engine):
    secret = make_secret()
    webhook = engine.webhook("/e", body="{{nope}}", signing={"enabled": True, "secrets": [secret]})
    seen = send(engine, webhook, "/e")
    assert seen.body == b"" and seen.headers["content-length"] == "0"
    assert seen.headers["webhook-signature"] == signature(seen, secret)


def test_only_the_fields_asked_for(engine):
    webhook = engine.webhook("/f", sendProfileFields=["age", "nope"])
    assert b'"profile":{"age":36.5},' in send(engine, webhook, "/f").body


def test_a_form(engine):
    seen = send(engine, engine.webhook("/form", contentType=FORM), "/form")
    assert seen.headers["content-type"] == FORM
    assert dict(urllib.parse.parse_qsl(seen.body.decode(), strict_parsing=True)) == {
        "journeyId": "welcome", "pathId": "path-1", "email": "ada@example.com", "userId": "u-1",
        "profile.firstName": "Ada", "profile.age": "36.5", "profile.address.city": "Köln",
        "event.total": "12.5", "event.items.0.sku": "x"}


def test_headers_and_authorization(engine):
    webhook = engine.webhook("/h", headers={"X-Name": "{{firstName}}/{{event.total}}",
                                            "X-None": "{{nope}}", "User-Agent": "mine"},
                             auth={"type": "basic", "username": "a", "password": "b"})
    seen = send(engine, webhook, "/h")
    assert seen.headers["x-name"] == "Ada/12.5" and seen.headers["x-none"] == ""
    assert seen.headers["user-agent"] == "mine"
    assert seen.headers["authorization"] == "Basic YTpi"


# --- what cannot be rendered ----------------------------------------------------

@pytest.mark.parametrize("fields, call, error", [
    ({"body": "{{nope}}", "missing": "fail"}, {}, "template: body: line 1, column"),
    ({"headers": {"X-V": "{{event.v}}"}}, {"event": {"v": "a\r\nb"}}, "template: headers.X-V: "),
    ({}, {"params": {"p": "{{#if"}}, "template: params.p: line 1, column")])
def test_what_cannot_be_rendered_is_dead_at_once(engine, fields, call, error):
    assert refused(engine, engine.webhook("/r", **fields), **call).startswith(error)


@pytest.mark.parametrize("value", [".", "..", "%2e", "%2E."])
@pytest.mark.parametrize("tag", ["{{event.v}}", "{{{event.v}}}"])
def test_a_value_does_not_climb(engine, value, tag):
    webhook = engine.webhook(f"/a/{tag}/b")
    encoded = tag.startswith("{{e") and "%" in value
    if encoded:
        seen = send(engine, webhook, f"/a/{urllib.parse.quote(value)}/b", event={"v": value})
        assert seen.target == f"/a/{urllib.parse.quote(value)}/b"
    else:
        assert "climbs" in refused(engine, webhook, event={"v": value})


def test_a_host_from_a_value_is_one_of_the_list(engine):
    port = engine.receiver.port
    webhook = engine.webhook("/", url=f"http://{{{{event.host}}}}:{port}/host",
                             hosts=["127.0.0.1", "*.allowed.example"])
    assert send(engine, webhook, "/host", event={"host": "127.0.0.1"}).target == "/host"
    for host in ("localhost", "evil.example", "allowed.example", "127.0.0.1:1", "x@127.0.0.1", ""):
        assert refused(engine, webhook, event={"host": host}).startswith("template: url: ")


@pytest.mark.parametrize("url", ["{{event.u}}", "http://{{event.h}}/", "http://a.example{{event.p}}",
                                 "http://a.example:{{event.p}}/"])
def test_a_host_that_is_a_template_needs_a_list(project, url):
    made = project.api.post(project.path + "/webhooks",
                            {"kind": "journey", "name": "w", "url": url, "method": "POST"})
    assert made.status == 400 and made.json["field"] == "url", made


# --- values that would be more than values ---------------------------------------

def test_values_in_json(engine):
    webhook = engine.webhook("/json", body='{"a":"{{event.v}}","b":{{json event.v}},"end":1}')
    for value in NASTY:
        seen = send(engine, webhook, "/json", event={"v": value})
        assert json.loads(seen.body) == {"a": value, "b": value, "end": 1}


def test_values_in_the_default_body(engine):
    webhook = engine.webhook("/default")
    for value in NASTY:
        seen = send(engine, webhook, "/default", profile={"p": value}, event={value or "k": value})
        body = json.loads(seen.body)
        assert body["profile"] == {"p": value} and body["event"] == {value or "k": value}


def test_values_in_urls(engine):
    webhook = engine.webhook("/url/{{event.v}}/x?q={{event.v}}&end=1", method="GET")
    for value in NASTY:
        wanted = urllib.parse.quote(value, safe="-._~")
        before = len(engine.receiver.requests)
        engine.delivered(engine.call(webhook, **{**CALL, "event": {"v": value}},
                                     params={"p&": "{{{event.v}}}"}))
        assert [r["path"] for r in engine.receiver.requests[before:]] == [
            f"/url/{wanted}/x?q={wanted}&end=1&p%26={wanted}"]


def test_values_in_headers(engine):
    webhook = engine.webhook("/head", headers={"X-V": "{{event.v}}", "X-End": "end"})
    for value in NASTY:
        if any(ord(c) < 0x20 for c in value):
            assert "headers.X-V" in refused(engine, webhook, event={"v": value})
            continue
        seen = send(engine, webhook, "/head", event={"v": value})
        assert seen.headers["x-v"].encode("latin-1").decode() == value.strip(" ")
        assert seen.headers["x-end"] == "end" and "x-evil" not in seen.headers


def test_values_in_forms(engine):
    webhook = engine.webhook("/forms", contentType=FORM, body="a={{event.v}}&end=1")
    for value in NASTY:
        seen = send(engine, webhook, "/forms", event={"v": value})
        assert urllib.parse.parse_qsl(seen.body.decode(), keep_blank_values=True) == [
            ("a", value), ("end", "1")]


# --- answers ----------------------------------------------------------------------

def test_an_answer_that_is_not_what_was_wanted_is_tried_again(engine):
    fields = {"sky": {"path": "$.sky", "type": "string"}}
    webhook = engine.webhook("/again", method="GET",
                             dataRetrieval={"enabled": True, "name": "w", "fields": fields})
    answers = iter([(200, {}, b"<html>"), answer({}), (200, {}, b'"' + b"x" * 70000 + b'"'),
                    answer({"sky": "clear"})])
    engine.receiver.answers["/again"] = lambda: next(answers)
    delivery = engine.delivered(engine.call(webhook, tile="liveData"))
    shown = engine.project.api.get(f"{engine.project.path}/deliveries/{delivery['id']}").json
    errors = [a["error"] for a in sorted(shown["attempts"], key=lambda a: a["attempt"])]
    assert [e and e.split(":")[0] for e in errors] == ["dataRetrieval"] * 3 + [None]
    assert "JSON" in errors[0] and '"sky"' in errors[1] and "long" in errors[2]
    assert engine.live_data("path-1") == {"w": {"sky": "clear"}}


def test_half_a_surrogate_pair_in_an_answer_is_text(engine):
    engine.receiver.answers["/half"] = (200, {}, b'{"tier":"a\\udc00b\\ud800"}')
    hook = engine.webhook("/half", method="GET", capture={"profileFields": {"tier": "$.tier"}})
    engine.delivered(engine.call(hook, tile="userProfile", userId="u-1"))
    kept = wait_until(lambda: engine.profile("u-1"), 5, "it is kept")
    assert kept["tier"].startswith("a\ufffdb")
    seen = send(engine, engine.webhook("/after", body='{"t":"{{tier}}"}'), "/after")
    assert json.loads(seen.body)["t"] == kept["tier"]


def test_a_test_send_shows_the_request_and_keeps_nothing(engine):
    webhook = engine.webhook("/try?n={{firstName}}", method="PUT", body='{"t":"{{event.total}}"}',
                             headers={"X-Api-Key": "s3cret-{{firstName}}"}, keepAnswer=False)
    engine.receiver.answers["/try"] = answer({"seen": "by the tester"})
    call = {"tile": "webhook", "journeyId": "j", "pathId": "p", **CALL}

    def tried():
        made = engine.project.api.post(engine.project.hook_path(webhook) + "/test",
                                       {"message": call})
        return made if made.status != 503 else None
    made = wait_until(tried, 10, "a sender is there")
    assert made.status == 200, made
    request = made.json["request"]
    assert (request["method"], request["target"]) == ("PUT", "/try?n=Ada")
    assert request["body"] == '{"t":"12.5"}'
    assert ["X-Api-Key", "***"] in request["headers"] and "s3cret" not in json.dumps(made.json)
    assert json.loads(made.json["response"]["body"]) == {"seen": "by the tester"}
