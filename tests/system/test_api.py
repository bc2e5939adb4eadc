"""The REST API: shapes, errors, keys and their reach, secrets.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re

import pytest

from harness.http import Api, problem
from harness.wait import wait_until

SECRETS = {
    "headers": {"X-Api-Key": "sentinel-header-51c3"},
    "auth": {"type": "basic", "username": "ada", "password": "sentinel-password-51c3"},
    "signing": {"enabled": True,
                "secrets": ["whsec_c2VudGluZWwtc2lnbmluZy01MWMzLXNlbnRpbmVs"]},
}
SENTINELS = ["sentinel-header-51c3", "sentinel-password-51c3", "sentinel-token-51c3",
             "c2VudGluZWwtc2lnbmluZy01MWMzLXNlbnRpbmVs", "sentinel-signing-51c3"]


def test_projects(system, project):
    api = system.api
    document = api.get(project.path).json
    assert document["id"] == project.id and document["name"] == "Tests"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["createdAt"])
    assert project.id in [p["id"] for p in api.pages("/v1/projects")]
    assert api.patch(project.path, {"name": "Other"}).json["name"] == "Other"
    problem(api.post("/v1/projects", {"id": project.id, "name": "x"}), 409)
    problem(api.get("/v1/projects/nobody"), 404)
    problem(api.post("/v1/projects", {"id": "UPPER case"}), 400, field="id")
    problem(api.post("/v1/projects", {"id": "fine", "color": "red"}), 400, "unknown_field",
            "color")


def test_webhook_life(project):
    where = project.path + "/webhooks"
    made = project.webhook("https://example.com/hook", name="crm")
    assert made["id"].startswith("wh_") and len(made["id"]) == 29
    assert made["version"] == 1 and made["enabled"] is True and made["disabledReason"] is None
    assert made["timeoutMs"] == 15000 and made["limits"]["concurrency"] == 64
    got = project.get_webhook(made)
    assert {k: v for k, v in got.items() if k != "signing"} == \
        {k: v for k, v in made.items() if k != "signing"}
    assert [w["id"] for w in project.api.pages(where)] == [made["id"]]
    changed = project.api.patch(f"{where}/{made['id']}", {"timeoutMs": 2000})
    assert changed.status == 200 and changed.json["timeoutMs"] == 2000
    assert changed.json["version"] == 2 and changed.json["url"] == made["url"]
    assert project.api.delete(f"{where}/{made['id']}").status == 204
    problem(project.api.get(f"{where}/{made['id']}"), 404)
    assert list(project.api.pages(where)) == []


def test_default_schedule(project):
    answer = project.api.post(project.path + "/webhooks", {
        "name": "plain", "kind": "system", "url": "https://example.com/", "eventNames": ["a"]})
    assert answer.status == 201, answer
    assert answer.json["retry"]["delaysS"] == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000,
                                               86400]
    assert answer.json["retry"]["jitter"] == 0.2


BAD_WEBHOOKS = [
    ({"url": "ftp://example.com"}, "url"), ({"url": "nonsense"}, "url"), ({"url": 7}, "url"),
    ({"url": "https://a:b@example.com/"}, "url"), ({"url": "https://exa mple.com/"}, "url"),
    ({"url": "https://example.com/\r\nX: y"}, "url"),
    ({"kind": "other"}, "kind"), ({"method": "GET"}, "method"),
    ({"eventNames": []}, "eventNames"), ({"eventNames": "a"}, "eventNames"),
    ({"eventNames": ["x" * 129]}, "eventNames"), ({"eventNames": ["*", "a"]}, "eventNames"),
    ({"headers": {"Host": "x"}}, "headers.Host"),
    ({"headers": {"content-length": "1"}}, "headers.content-length"),
    ({"headers": {"Transfer-Encoding": "x"}}, None), ({"headers": {"Connection": "x"}}, None),
    ({"headers": {"webhook-id": "x"}}, "headers.webhook-id"),
    ({"headers": {"X-A": "b\r\nX-C: d"}}, "headers.X-A"), ({"headers": {"X-A": "b\0"}}, None),
    ({"headers": {"X A": "b"}}, None), ({"headers": {"": "b"}}, None), ({"headers": []}, "headers"),
    ({"auth": {"type": "oauth2", "credential": "cred_1"}}, "auth.credential"),
    ({"auth": {"type": "digest"}}, "auth.type"), ({"auth": {"type": "bearer"}}, "auth.token"),
    ({"auth": {"type": "basic", "username": "a:b", "password": "c"}}, "auth.username"),
    ({"auth": {"type": "none", "token": "x"}}, None),
    ({"signing": {"enabled": True, "secrets": ["short"]}}, "signing.secrets"),
    ({"signing": {"enabled": "yes"}}, "signing.enabled"),
    ({"retry": {"delaysS": [-1], "jitter": 0}}, "retry.delaysS"),
    ({"retry": {"delaysS": [1] * 33, "jitter": 0}}, "retry.delaysS"),
    ({"retry": {"delaysS": [1], "jitter": 2}}, "retry.jitter"),
    ({"retry": {"delays": [1]}}, "retry.delays"),
    ({"limits": {"concurrency": 0}}, "limits.concurrency"),
    ({"limits": {"ratePerSecond": -1}}, "limits.ratePerSecond"),
    ({"timeoutMs": 0}, "timeoutMs"), ({"timeoutMs": 10**9}, "timeoutMs"),
    ({"colour": "red"}, "colour"), ({"id": "wh_00000000000000000000000000"}, "id"),
    ({"contentType": "a\r\nb"}, "contentType"), ({"name": ""}, "name"), ({"enabled": 1}, "enabled"),
]


@pytest.mark.parametrize("fields, field", BAD_WEBHOOKS, ids=[json.dumps(b[0])[:50]
                                                             for b in BAD_WEBHOOKS])
def test_bad_webhooks(project, fields, field):
    document = {"name": "x", "kind": "system", "url": "https://example.com/", "eventNames": ["*"]}
    document.update(fields)
    problem(project.api.post(project.path + "/webhooks", document), 400, field=field)
    assert list(project.api.pages(project.path + "/webhooks")) == []


def test_missing_fields(project):
    problem(project.api.post(project.path + "/webhooks", {"name": "x", "eventNames": ["*"]}), 400,
            field="url")
    problem(project.api.post(project.path + "/webhooks",
                             {"name": "x", "url": "https://example.com/"}), 400,
            field="eventNames")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b"\xff\xfe", b'{"a":1,"a":2}',
                                 b'{"name":"\xff"}', b"[" * 100000])
def test_bodies_that_are_no_documents(project, raw):
    problem(project.api.post(project.path + "/webhooks", raw=raw), 400)


def test_too_large_a_body(project):
    try:
        answer = project.api.post(project.path + "/webhooks", raw=b'"' + b"x" * (20 << 20))
    except OSError:
        return
    problem(answer, 413)


def test_wrong_methods_and_paths(project):
    api = project.api
    problem(api.get("/v1/nothing"), 404)
    problem(api.call("PUT", project.path), 405)
    assert "GET" in api.call("PUT", project.path).headers["allow"]
    problem(api.get(project.path + "/webhooks/wh_nonsense"), 404)
    problem(api.get(project.path + "/webhooks/..%2f..%2f"), 404)
    problem(api.get(project.path + "/deliveries/dlv_00000000000000000000000000"), 404)
    problem(api.get(project.path + "/events/evt_00000000000000000000000000"), 404)


def test_pages(project):
    for i in range(7):
        project.webhook("https://example.com/", name=f"w{i}")
    where = project.path + "/webhooks"
    assert len(set(w["id"] for w in project.api.pages(where, limit=3))) == 7
    assert len(project.api.get(where, limit=3).json["data"]) == 3
    problem(project.api.get(where, limit=0), 400)
    problem(project.api.get(where, limit="many"), 400)
    problem(project.api.get(where, cursor="nonsense%%"), 400)


def test_pages_of_deliveries(sink, project, path):
    sink.behave(path, status=500)
    project.webhook(sink.url(path), retry={"delaysS": [600], "jitter": 0})
    events = set(project.publish(25))
    wait_until(lambda: len(project.deliveries(status="waiting")) == 25, 10, "25 waiting",
               poll=0.1)
    pages = list(project.api.pages(project.path + "/deliveries", limit=10, status="waiting"))
    assert len(pages) == 25 and {d["event"] for d in pages} == events
    assert not project.deliveries(status="waiting", eventName="other")
    problem(project.api.get(project.path + "/deliveries", status="lost"), 400)
    problem(project.api.get(project.path + "/deliveries", since="yesterday"), 400)


def test_events(sink, project, path):
    sink.behave(path, status=500)
    project.webhook(sink.url(path), retry={"delaysS": [600], "jitter": 0})
    event = project.publish_one(dataFields={"a": 1})
    project.wait_status(event, "waiting")
    listed = project.api.get(project.path + "/events")
    assert event in [e["id"] for e in listed.json["data"]], listed
    document = project.api.get(f"{project.path}/events/{event}").json
    assert document["id"] == event and document["eventName"] == "emailSend"
    assert [d["status"] for d in document["deliveries"]] == ["waiting"]


def test_without_a_key(system, project):
    for key in (None, "", "wrong", system.api.key + "x", system.api.key[:-1]):
        api = Api(system.console_base, key)
        for call in (api.get("/v1/projects"), api.get(project.path), api.get("/v1/status"),
                     api.post("/v1/projects", {"id": "x"})):
            problem(call, 401)
            assert call.headers["www-authenticate"].startswith("Bearer")


def token_of(document):
    return next(v for k, v in document.items() if k in ("token", "key", "secret"))


def test_project_keys(system, sink, project, path):
    other = system.project()
    made = project.api.post(project.path + "/keys", {"name": "ci"})
    assert made.status == 201, made
    token = token_of(made.json)
    api = Api(system.console_base, token)
    wait_until(lambda: api.get(project.path).status == 200, 2, "the key works")
    assert api.get(project.path + "/webhooks").status == 200
    problem(api.get(other.path), 403)
    problem(api.get(other.path + "/webhooks"), 403)
    problem(api.post("/v1/projects", {"id": "sneaky"}), 403)
    problem(api.get("/v1/projects/nobody-at-all"), 403)
    answer = api.get("/v1/projects")
    assert answer.status == 403 or [p["id"] for p in answer.json["data"]] == [project.id]
    listed = project.api.get(project.path + "/keys")
    assert token not in listed.text and made.json["id"] in listed.text
    assert not any(token.encode() in value for value in redis_values(system))
    assert project.api.delete(f"{project.path}/keys/{made.json['id']}").status == 204
    wait_until(lambda: api.get(project.path).status == 401, 2, "the key is gone")
    other.close()


def redis_values(system):
    """Every value (and name) in Redis, whatever its type."""
    r = system.redis
    for key in r.scan_iter(count=1000):
        yield key
        kind = r.type(key)
        if kind == b"string":
            yield r.get(key) or b""
        elif kind == b"hash":
            for field, value in r.hgetall(key).items():
                yield from (field, value)
        elif kind == b"list":
            yield from r.lrange(key, 0, -1)
        elif kind == b"set":
            yield from r.smembers(key)
        elif kind == b"zset":
            yield from r.zrange(key, 0, -1)
        elif kind == b"stream":
            for _, fields in r.xrange(key):
                for field, value in fields.items():
                    yield from (field, value)


def test_secrets_stay_secret(system, sink, project, path):
    """Neither answers, nor Redis, nor a log ever holds one in plain."""
    first = project.api.post(project.path + "/webhooks", {
        "name": "a", "kind": "system", "url": sink.url(path), "eventNames": ["*"], **SECRETS})
    assert first.status == 201, first
    second = project.api.post(project.path + "/webhooks", {
        "name": "b", "kind": "system", "url": sink.url(path), "eventNames": ["*"],
        "auth": {"type": "bearer", "token": "sentinel-token-51c3"}})
    assert second.status == 201, second
    system.wait_config()
    project.publish()
    requests = wait_until(lambda: (lambda q: q if len(q) == 2 else None)(sink.requests(path)), 10,
                          "both")
    # They are in use, so the search below can find something.
    assert "sentinel-header-51c3" in requests[0].head + requests[1].head
    assert "sentinel-token-51c3" in requests[0].head + requests[1].head
    answers = [first, second, project.api.get(project.path + "/webhooks"),
               project.api.get(f"{project.path}/webhooks/{first.json['id']}"),
               project.api.get(f"{project.path}/webhooks/{second.json['id']}"),
               project.api.patch(f"{project.path}/webhooks/{first.json['id']}", {"name": "c"})]
    values = list(redis_values(system))
    assert len(values) > 20
    for sentinel in SENTINELS:
        for answer in answers:
            assert sentinel not in answer.text, answer
        assert not any(sentinel.encode() in value for value in values), sentinel
        assert sentinel not in system.logs()
    for sentinel in (system.settings["ADMIN_KEY"], system.settings["MASTER_KEY"]):
        assert not any(sentinel.encode() in value for value in values)
        assert sentinel not in system.logs()


def test_a_patch_keeps_the_secrets(sink, project, path):
    made = project.api.post(project.path + "/webhooks", {
        "name": "a", "kind": "system", "url": sink.url(path), "eventNames": ["*"], **SECRETS})
    assert made.status == 201, made
    where = f"{project.path}/webhooks/{made.json['id']}"
    # What was read may be written back: the masks stand for what is there.
    answer = project.api.patch(where, {"headers": made.json["headers"], "name": "b"})
    assert answer.status == 200, answer
    def sent():
        project.publish()
        return sink.requests(path)
    request = wait_until(sent, 5, "a request")[-1]
    assert request.headers["x-api-key"] == "sentinel-header-51c3"
    assert request.headers["authorization"].startswith("Basic ")


def test_openapi_and_catalogue(system):
    document = system.api.get("/v1/openapi.json")
    assert document.status == 200 and document.json["openapi"].startswith("3.1")
    for path in ("/v1/projects", "/v1/projects/{p}/webhooks", "/v1/status"):
        assert any(re.sub(r"\{\w+\}", "{}", path) == re.sub(r"\{\w+\}", "{}", p)
                   for p in document.json["paths"]), path


def test_every_documented_path_is_served(system):
    """With ids that nothing has: no answer may be "no such path"."""
    document = system.api.get("/v1/openapi.json").json
    calls = [(method.upper(), path) for path, methods in document["paths"].items()
             for method in methods if method in ("get", "post", "patch", "delete", "put")]
    assert len(calls) > 20
    for method, path in calls:
        where = re.sub(r"\{\w+\}", "nothing-such", path)
        if where.endswith("/tail"):
            continue
        answer = system.api.call(method, where, raw=b"{}")
        assert answer.status != 405 and "no such path" not in answer.text, (method, path, answer)
