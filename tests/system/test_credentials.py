"""Credentials: their documents, their secrets, who may reach them, and what webhooks
make of them. No tokens process is needed, but for one that the test plays itself.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import json
import threading
import time

import msgpack
import pytest
import zmq
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness.http import Api, problem
from harness.system import ConsoleOnly, run
from harness.wait import wait_until
from harness.wire import GRANT, PROCESS, TOKEN, TOKEN_ASK, frame, raw_id

SECRET = "s3cret-of-the-client"
BASIC = {"tokenUrl": "https://id.example.com/token", "clientId": "acme", "clientSecret": SECRET}
NOBODY = "cred_00000000000000000000000000"
GRANTS = "pr:{tok}:grant"
PROCESSES = "pr:{run}:process"
TOKEN_TEST = 4


@pytest.fixture(scope="module")
def console():
    made = ConsoleOnly(settings={"LOG_LEVEL": "debug"})
    yield made
    made.close()


class Scope:
    """One project."""

    def __init__(self, system):
        self.system, self.api = system, system.api
        self.id = f"p{next(system.numbers)}"
        self.path = "/v1/projects/" + self.id
        answer = self.api.post("/v1/projects", {"id": self.id})
        assert answer.status == 201, answer

    def make(self, **fields):
        answer = self.api.post(self.path + "/credentials", {**BASIC, **fields})
        assert answer.status == 201, answer
        return answer.json

    def where(self, credential):
        return f"{self.path}/credentials/{credential['id']}"

    def webhook(self, credential, **fields):
        return self.api.post(self.path + "/webhooks", {
            "name": f"hook{next(self.system.numbers)}", "url": "https://example.com/",
            "eventNames": ["*"],
            "auth": {"type": "oauth2", "credential": credential["id"]}, **fields})


@pytest.fixture
def scope(console):
    return Scope(console)


def pem(key, form=serialization.PrivateFormat.PKCS8, passphrase=None):
    how = serialization.BestAvailableEncryption(passphrase) if passphrase \
        else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, how).decode()


# --- documents ------------------------------------------------------------


def test_life(scope):
    made = scope.make(name="id", scope="read write", audience="https://api.example.com/",
                      resource=["https://r.example.com/"],
                      extraParams={"tenant": "t1", "api_key": "k-9172"})
    assert made["type"] == "oauth2" and made["clientAuth"] == "client_secret_basic"
    assert made["version"] == 1 and made["project"] == scope.id
    assert made["clientSecret"] == "***"
    assert made["extraParams"] == {"tenant": "t1", "api_key": "***"}
    answer = scope.api.get(scope.where(made))
    assert answer.status == 200
    assert answer.json == {**made, "state": "none", "expiresAt": None, "renewAt": None,
                           "lastFetchAt": None, "lastError": None}
    # What was read can be edited and sent back.
    answer = scope.api.patch(scope.where(made), {**answer.json, "scope": None})
    assert answer.status == 200, answer
    assert answer.json["version"] == 2 and "scope" not in answer.json
    assert answer.json["extraParams"] == {"tenant": "t1", "api_key": "***"}
    problem(scope.api.patch(scope.where(made), {"scope": "a", "version": 1}), 409, "conflict",
            "version")
    listed = scope.api.get(scope.path + "/credentials").json
    assert listed == {"data": [answer.json], "nextCursor": None}
    assert scope.api.delete(scope.where(made)).status == 204
    for method in ("GET", "DELETE"):
        problem(scope.api.call(method, scope.where(made)), 404)
    problem(scope.api.patch(scope.where(made), {}), 404)
    problem(scope.api.post(scope.where(made) + "/test"), 404)
    assert scope.api.get(scope.path + "/credentials").json["data"] == []


def test_lists_are_paged(scope):
    ids = sorted(scope.make()["id"] for _ in range(5))
    assert [c["id"] for c in scope.api.pages(scope.path + "/credentials", limit=2)] == ids
    problem(scope.api.get(scope.path + "/credentials", cursor="wh_" + ids[0][5:]), 400, "invalid",
            "cursor")
    problem(scope.api.get(scope.path + "/credentials", state="valid"), 400, "unknown_field")


def test_names_are_unique_among_credentials(scope):
    one, two = scope.make(name="id"), scope.make(name="other")
    scope.make()
    scope.make()
    problem(scope.api.post(scope.path + "/credentials", {**BASIC, "name": "id"}), 409, "exists",
            "name")
    problem(scope.api.patch(scope.where(two), {"name": "id"}), 409, "exists", "name")
    # Webhooks have names of their own; another project, too.
    assert scope.webhook(one, name="id").status == 201
    assert Scope(scope.system).make(name="id")["name"] == "id"
    assert scope.api.patch(scope.where(one), {"name": None}).status == 200
    assert scope.api.patch(scope.where(two), {"name": "id"}).status == 200
    assert scope.api.delete(scope.where(two)).status == 204
    assert scope.make(name="id")


@pytest.mark.parametrize("fields, field", [
    ({"colour": 1}, "colour"), ({"tokenUrl": "ftp://x/"}, "tokenUrl"),
    ({"tokenUrl": "https://a:b@x.example.com/"}, "tokenUrl"),
    ({"tokenUrl": "https://x.example.com/{{a}}"}, "tokenUrl"),
    ({"clientId": "\n"}, "clientId"), ({"clientSecret": 1}, "clientSecret"),
    ({"clientAuth": "none"}, "clientAuth"), ({"type": "saml"}, "type"),
    ({"privateKey": "x"}, "privateKey"), ({"resource": "a#b"}, "resource"),
    ({"extraParams": {"grant_type": "password"}}, "extraParams.grant_type"),
    ({"id": NOBODY}, "id"), ({"state": "valid"}, "state")])
def test_what_is_refused(scope, fields, field):
    answer = scope.api.post(scope.path + "/credentials", {**BASIC, **fields})
    problem(answer, 400, field=field)
    assert SECRET not in answer.text
    made = scope.make()
    if field not in ("state", "id"):
        problem(scope.api.patch(scope.where(made), fields), 400, field=field)
    assert scope.api.get(scope.where(made)).json["version"] == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"name": "a", "name": "b"}'])
def test_no_object(scope, body):
    problem(scope.api.post(scope.path + "/credentials", raw=body), 400, "malformed")


def test_private_keys(scope):
    forms = serialization.PrivateFormat
    long, short = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    jwt = {"tokenUrl": BASIC["tokenUrl"], "clientId": "acme", "clientAuth": "private_key_jwt"}

    def post(key):
        return scope.api.post(scope.path + "/credentials", {**jwt, "privateKey": key})

    for key in (pem(long), pem(long, forms.TraditionalOpenSSL), pem(curve),
                pem(curve, forms.TraditionalOpenSSL)):
        answer = post(key)
        assert answer.status == 201 and answer.json["privateKey"] == "***", answer
        assert key.splitlines()[1] not in answer.text
    for key, why in ((pem(short), "2048"), (pem(curve, passphrase=b"x"), "encrypted"),
                     (pem(ec.generate_private_key(ec.SECP384R1())), "P-256"), ("no key at all", "PEM"),
                     (pem(long)[:200], "PEM")):
        answer = post(key)
        problem(answer, 400, "invalid", "privateKey")
        assert why in answer.json["detail"] and key.splitlines()[-1] not in answer.text
    problem(scope.api.post(scope.path + "/credentials", jwt), 400, "invalid", "privateKey")
    # The other way has another secret; the first goes with it.
    made = scope.make()
    answer = scope.api.patch(scope.where(made), {
        "clientAuth": "private_key_jwt", "privateKey": pem(curve), "keyId": "k1"})
    assert answer.status == 200 and "clientSecret" not in answer.json, answer
    answer = scope.api.patch(scope.where(made), {
        **answer.json, "clientAuth": "client_secret_post", "clientSecret": "again"})
    assert answer.status == 200 and not {"privateKey", "keyId"} & set(answer.json), answer


def test_no_secret_is_anywhere(console, scope):
    """Not in answers, in Redis or in the log, whatever is done with it."""
    curve = ec.generate_private_key(ec.SECP256R1())
    secrets = [SECRET, "k-51c3a9", pem(curve).splitlines()[1]]
    made = scope.make(name="id", extraParams={"my_password": "k-51c3a9"})
    jwt = scope.api.post(scope.path + "/credentials", {
        "tokenUrl": BASIC["tokenUrl"], "clientId": "acme", "clientAuth": "private_key_jwt",
        "privateKey": pem(curve)})
    seen = [scope.api.get(scope.where(made)), jwt, scope.api.get(scope.path + "/credentials"),
            scope.api.get(scope.where(jwt.json)), scope.api.get(scope.path + "/export"),
            scope.api.post(scope.where(made) + "/test"), scope.api.get("/v1/status"),
            scope.api.patch(scope.where(made), {"clientSecret": SECRET}),
            scope.api.patch(scope.where(made), {"clientSecret": SECRET, "scope": 1}),
            scope.api.patch(scope.where(made), {"clientSecret": SECRET + "\n"}),
            scope.api.patch(scope.where(made), {"extraParams": {"scope": "k-51c3a9"}}),
            scope.api.patch(scope.where(made), {"privateKey": pem(curve)})]
    r = console.redis
    stored = [x for key in r.scan_iter() if r.type(key) == b"hash"
              for pair in r.hgetall(key).items() for x in pair]
    assert any(b"sealed:1:" in x for x in stored)
    texts = [a.body for a in seen] + stored + [console.logs().encode()]
    for secret in secrets:
        assert not [t for t in texts if secret.encode() in t], secret


# --- who may reach them -----------------------------------------------------


def test_projects_do_not_see_each_other(scope):
    other = Scope(scope.system)
    made = scope.make()
    key = Api(scope.api.base, scope.api.post(other.path + "/keys", {}).json["token"])
    for api, base, status in ((key, scope.path, 403), (key, other.path, 404),
                              (scope.api, other.path, 404)):
        where = f"{base}/credentials/{made['id']}"
        for answer in (api.get(where), api.patch(where, {"scope": "a"}), api.delete(where),
                       api.post(where + "/test", {})):
            problem(answer, status)
            assert "acme" not in answer.text
    problem(key.get(scope.path + "/credentials"), 403)
    problem(key.post(scope.path + "/credentials", BASIC), 403)
    assert key.get(other.path + "/credentials").json["data"] == []
    # Its own it may have, and no webhook takes a token of another project's.
    assert key.post(other.path + "/credentials", BASIC).status == 201
    problem(other.webhook(made), 400, "invalid", "auth.credential")
    problem(Api(scope.api.base, None).get(scope.path + "/credentials"), 401)


def test_they_go_with_their_project(console, scope):
    made, named = scope.make(), scope.make(name="id")
    kept = console.redis.hkeys("pr:{cfg}:credential")
    assert {made["id"].encode(), named["id"].encode()} <= set(kept)
    assert scope.api.delete(scope.path).status == 204
    kept = console.redis.hkeys("pr:{cfg}:credential")
    assert not {made["id"].encode(), named["id"].encode()} & set(kept)
    assert not [n for n in console.redis.hkeys("pr:{cfg}:name") if scope.id.encode() in n]
    assert scope.api.post("/v1/projects", {"id": scope.id}).status == 201
    assert scope.make(name="id")


# --- webhooks ---------------------------------------------------------------


def test_webhooks_name_a_credential(scope):
    made = scope.make()
    webhook = scope.webhook(made).json
    assert webhook["auth"] == {"type": "oauth2", "credential": made["id"]}
    where = f"{scope.path}/webhooks/{webhook['id']}"
    for auth, code, field in (({"credential": NOBODY}, "invalid", "auth.credential"),
                              ({"credential": "id"}, "invalid", "auth.credential"),
                              ({"credential": None}, "invalid", "auth.credential"),
                              ({"token": "t"}, "unknown_field", "auth.token"),
                              ({"type": "digest"}, "invalid", "auth.type")):
        problem(scope.api.patch(where, {"auth": auth}), 400, code, field)
    problem(scope.api.patch(where, {"headers": {"Authorization": "x"}}), 400, "invalid",
            "headers.Authorization")
    assert scope.api.patch(where, scope.api.get(where).json).status == 200
    # It may go; its webhooks still name it, and can be changed but not made anew.
    assert scope.api.delete(scope.where(made)).status == 204
    assert scope.api.get(where).json["auth"]["credential"] == made["id"]
    assert scope.api.patch(where, {"timeoutMs": 9000}).status == 200
    problem(scope.api.patch(where, scope.api.get(where).json), 400, "invalid", "auth.credential")
    problem(scope.webhook(made), 400, "invalid", "auth.credential")
    answer = scope.api.patch(where, {"auth": {"type": "none"}})
    assert answer.json["auth"] == {"type": "none"}


def test_export_and_apply(scope):
    made = scope.make()
    assert scope.webhook(made, name="a").status == 201
    out = scope.api.get(scope.path + "/export").json
    assert out["webhooks"][0]["auth"] == {"type": "oauth2", "credential": made["id"]}
    answer = scope.api.post(scope.path + "/apply", out)
    assert [w["action"] for w in answer.json["webhooks"]] == ["unchanged"]
    second = scope.make()
    out["webhooks"][0]["auth"]["credential"] = second["id"]
    answer = scope.api.post(scope.path + "/apply", out)
    assert {"field": "auth.credential", "from": made["id"], "to": second["id"]} in \
        answer.json["webhooks"][0]["changes"]
    # Another project has no such credential.
    del out["project"]
    other = Scope(scope.system)
    problem(scope.api.post(other.path + "/apply", out), 400, "invalid",
            "webhooks[0].auth.credential")
    assert scope.api.get(other.path + "/webhooks").json["data"] == []


def made_unheard(console, credential, last):
    """Another one, whose message on the channel no console has got."""
    r, key = console.redis, "pr:{cfg}:credential"
    document = json.loads(r.hget(key, credential["id"]))
    document["id"] = credential["id"][:-1] + last
    document.pop("name", None)
    r.hset(key, document["id"], json.dumps(document))
    r.incr("pr:{cfg}:version")
    return document


def test_what_another_console_has_just_made(console, scope):
    """A webhook may name it before this console has heard of it."""
    made = scope.make()
    answer = scope.webhook(made_unheard(console, made, "A"))
    assert answer.status == 201, answer
    where = f"{scope.path}/webhooks/{answer.json['id']}"
    unheard = made_unheard(console, made, "B")
    answer = scope.api.patch(where, {"auth": {"credential": unheard["id"]}})
    assert answer.status == 200, answer
    webhook = {"name": answer.json["name"], "url": "https://example.com/", "eventNames": ["*"],
               "auth": {"type": "oauth2", "credential": made_unheard(console, made, "C")["id"]}}
    answer = scope.api.post(scope.path + "/apply", {"webhooks": [webhook]})
    assert answer.status == 200, answer


# --- the state --------------------------------------------------------------


def grant(version=1, number=1, expires=0, sealed="sealed:1:AAAA", error="", **more):
    known = {"fetched": 0, "renew": 0, "failures": 0, "failed": 0, "retry": 0, "status": 0,
             "detail": "", "refused": 0, **more}
    return frame(GRANT, version, number, known["fetched"], expires, known["renew"], sealed,
                 known["failures"], known["failed"], known["retry"], known["status"], error,
                 known["detail"], known["refused"])


def test_the_state_comes_from_the_grant(console, scope):
    made, now = scope.make(), int(time.time() * 1000)

    def state(record):
        console.redis.hset(GRANTS, raw_id(made["id"]), record)
        answer = scope.api.get(scope.where(made))
        assert answer.status == 200 and "sealed" not in answer.text, answer
        return answer.json

    seen = state(grant(expires=now + 3600000, renew=now + 3000000, fetched=now))
    assert seen["state"] == "valid" and seen["lastError"] is None
    assert seen["expiresAt"] > seen["renewAt"] > seen["lastFetchAt"] > made["createdAt"][:10]
    assert state(grant(expires=now - 1))["state"] == "expired"
    seen = state(grant(sealed="", number=0, error="oauth_invalid_client", status=401, failures=3,
                       failed=now, retry=now + 8000, detail="no such client"))
    assert seen["state"] == "failing" and seen["expiresAt"] is None
    error = seen["lastError"]
    assert (error["code"], error["status"], error["detail"]) == \
        ("oauth_invalid_client", 401, "no such client")
    assert error["retryAt"] > error["at"]
    assert state(b"\xc1 no frame")["state"] == "none"
    state(grant(expires=now + 3600000))
    assert "state" not in scope.api.get(scope.path + "/credentials").json["data"][0]
    # What was fetched for an earlier version says nothing of this one.
    assert scope.api.patch(scope.where(made), {"scope": "a"}).status == 200
    assert scope.api.get(scope.where(made)).json["state"] == "none"
    console.redis.hdel(GRANTS, raw_id(made["id"]))


# --- tests ------------------------------------------------------------------


class FakeTokens:
    """A tokens process, as far as a console sees one: an entry in the registry, and a
    socket that keeps what it is asked until the test answers."""

    def __init__(self, system):
        self.redis = system.redis
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        record = frame(PROCESS, "tokens", "fake", "elsewhere", "0", 1, 1, 1, 1, "", "", "",
                       "{}", f"tcp://127.0.0.1:{port}")
        hour_ms = 3600 * 1000  # it does not grow stale
        self.redis.hset(PROCESSES, "fake", b"%d %s" % (time.time() * 1000 + hour_ms, record))

    def ask(self, timeout=10):
        """The next one: who asked, and its fields."""
        assert self.socket.poll(timeout * 1000), "nothing was asked"
        who, data = self.socket.recv_multipart()
        unpacker = msgpack.Unpacker()
        unpacker.feed(data)
        head, fields = unpacker.unpack(), unpacker.unpack()
        assert head[:3] == [1, TOKEN_ASK, 1]
        return who, fields

    def answer(self, who, ask, report, number=1, error=""):
        text = report if isinstance(report, str) else json.dumps(report)
        self.socket.send_multipart([who, frame(TOKEN, ask[0], ask[1], ask[2], number, 0, 0, 0,
                                               error, "sealed:1:" + "S" * 40, text)])

    def close(self):
        self.redis.hdel(PROCESSES, "fake")
        self.socket.close()


@pytest.fixture
def tokens(console):
    """Once the console has seen it, and until it has seen it go."""
    fake = FakeTokens(console)

    def seen():
        return [p["instance"] for p in console.api.get("/v1/status").json["processes"]
                if p["service"] == "tokens"]
    wait_until(lambda: seen() == ["fake"], 10, "it is seen")
    yield fake
    fake.close()
    wait_until(lambda: seen() == [], 10, "it is seen no more")


class Call(threading.Thread):
    """POST …/test, whose answer comes later."""

    def __init__(self, scope, credential):
        super().__init__()
        self.scope, self.credential, self.seen = scope, credential, None
        self.start()

    def run(self):
        self.seen = self.scope.api.call("POST", self.scope.where(self.credential) + "/test",
                                        raw=b"", headers={"Connection": "close"})

    def answer(self):
        self.join(30)
        assert self.seen, "no answer"
        return self.seen


def test_without_a_tokens_process(scope):
    problem(scope.api.post(scope.where(scope.make()) + "/test", {}), 503, "unavailable")


def test_a_test_tells_what_came_of_it(scope, tokens):
    made = scope.make()
    assert scope.api.patch(scope.where(made), {"scope": "a"}).json["version"] == 2
    call = Call(scope, made)
    who, ask = tokens.ask()
    assert ask[1:] == [raw_id(made["id"]), 2, 0, TOKEN_TEST]
    report = {"ok": True, "status": 200, "tokenType": "Bearer", "expiresIn": 3600,
              "accessToken": "***", "expiresAt": "2026-11-26T17:00:00.000Z", "durationMs": 12.5}
    tokens.answer(who, ask, report, number=5)
    answer = call.answer()
    assert answer.status == 200, answer
    assert answer.json == report
    assert "SSSS" not in answer.text
    call = Call(scope, made)
    report = {"ok": False, "status": 401, "error": "oauth_invalid_client",
              "oauthError": "invalid_client", "errorDescription": "no such client"}
    tokens.answer(*tokens.ask(), report, number=0, error="oauth_invalid_client")
    answer = call.answer()
    assert answer.status == 200 and answer.json == report, answer
    problem(scope.api.post(scope.where(made) + "/test", {"x": 1}), 400, "unknown_field", "x")


@pytest.mark.parametrize("report", ["", "[1]", "{", '{"a": 1, "a": 2}'])
def test_a_report_that_is_none(scope, tokens, report):
    made = scope.make()
    call = Call(scope, made)
    tokens.answer(*tokens.ask(), report, number=0, error="oauth_no_credential")
    answer = call.answer()
    assert answer.status == 200
    assert answer.json == {"ok": False, "error": "oauth_no_credential"}


def test_nonsense_ends_nothing(console, scope, tokens):
    made = scope.make()
    call = Call(scope, made)
    who, ask = tokens.ask()
    for data in (b"", b"\xc1", frame(GRANT, 1), frame(TOKEN, 1, 2),
                 frame(TOKEN, ask[0] + 999, ask[1], 1, 1, 0, 0, 0, "", "", "{}")):
        tokens.socket.send_multipart([who, data])
    tokens.answer(who, ask, {"ok": True})
    assert call.answer().json == {"ok": True}
    assert console.processes["console"].alive()


def test_only_so_many_at_a_time_and_only_so_long(scope, tokens):
    made = scope.make()
    calls = [Call(scope, made) for _ in range(16)]
    asked = [tokens.ask() for _ in calls]
    assert len({a[0] for _, a in asked}) == 16
    problem(scope.api.post(scope.where(made) + "/test", {}), 429, "busy")
    for who, ask in asked[:8]:
        tokens.answer(who, ask, {"ok": True, "n": ask[0]})
    answers = [c.answer() for c in calls]
    good = [a for a in answers if a.status == 200]
    assert {a.json["n"] for a in good} == {a[0] for _, a in asked[:8]}
    for answer in answers:
        if answer not in good:
            problem(answer, 504, "timeout")
    assert len(good) == 8
    # An answer that comes too late finds nobody.
    tokens.answer(*asked[8], {"ok": True})
    call = Call(scope, made)
    tokens.answer(*tokens.ask(), {"ok": True, "n": "last"})
    assert call.answer().json["n"] == "last"


# --- the command line --------------------------------------------------------


@pytest.fixture
def cli(console, scope):
    env = console.client_environment(POSTRIDER_CLI_PROJECT=scope.id)

    def call(*argv, stdin=None, code=0, **more):
        out = run(*argv, env={**env, **more}, stdin=stdin)
        assert out.returncode == code, (argv, out)
        assert SECRET not in out.stdout + out.stderr
        return out
    return call


def test_command(cli, scope, tmp_path):
    base = ["--token-url", BASIC["tokenUrl"], "--client-id", "acme"]
    (tmp_path / "secret").write_text(SECRET + "\n", encoding="ascii")
    made = json.loads(cli(
        "credentials", "create", "--name", "id", *base, "--client-secret",
        f"@{tmp_path}/secret", "--client-auth", "client_secret_post", "--scope", "a b",
        "--audience", "https://a/", "--resource", "https://r/", "--resource", "https://s/",
        "--param", "tenant=t=1", "--param", "empty=").stdout)
    assert made["clientAuth"] == "client_secret_post" and made["scope"] == "a b"
    assert made["resource"] == ["https://r/", "https://s/"]
    assert made["extraParams"] == {"tenant": "t=1", "empty": ""}
    listed = json.loads(cli("credentials", "list", "--json").stdout)["data"]
    assert [c["id"] for c in listed] == [made["id"]]
    table = cli("credentials").stdout
    assert made["id"] in table and "id.example.com" in table
    assert json.loads(cli("credentials", "get", "id").stdout)["state"] == "none"
    out = cli("credentials", "update", "id", "--scope", "c", "--client-secret", "-",
              stdin=SECRET + "\n")
    assert json.loads(out.stdout)["version"] == 2
    cli("credentials", "update", "id", code=2)
    cli("credentials", "update", made["id"], "--body", '{"audience": null}')
    assert "audience" not in scope.api.get(scope.where(made)).json
    # A private key instead.
    key = tmp_path / "key.pem"
    key.write_text(pem(ec.generate_private_key(ec.SECP256R1())), encoding="ascii")
    out = cli("credentials", "update", "id", "--client-auth", "private_key_jwt", "--private-key",
              str(key), "--key-id", "k1")
    assert json.loads(out.stdout)["privateKey"] == "***"
    key.write_text("no PEM", encoding="ascii")
    refused = cli("credentials", "update", "id", "--private-key", str(key), code=1)
    assert "privateKey" in refused.stderr
    # Webhooks take it by its name or its id.
    for text in ("id", made["id"]):
        hook = json.loads(cli("webhooks", "create", "--name", text, "--url", "https://x.example/",
                              "--oauth2", text).stdout)
        assert hook["auth"] == {"type": "oauth2", "credential": made["id"]}
    assert "unavailable" in cli("credentials", "test", "id", code=1).stderr
    assert made["id"] in cli("credentials", "delete", "id").stdout
    for argv in (("get", "id"), ("delete", made["id"]), ("test", "id")):
        cli("credentials", *argv, code=1)
    cli("webhooks", "update", "id", "--oauth2", "id", code=1)


def test_the_end_of_a_line_is_no_part_of_a_secret(console, cli):
    made = json.loads(cli("credentials", "create", "--token-url", BASIC["tokenUrl"],
                          "--client-id", "a", "--client-secret", "-", stdin=SECRET + "\n").stdout)
    kept = json.loads(console.redis.hget("pr:{cfg}:credential", made["id"]))
    sealed = base64.b64decode(kept["clientSecret"].removeprefix("sealed:1:"))
    nonce, tag = 12, 16
    assert len(sealed) == nonce + len(SECRET) + tag


@pytest.mark.parametrize("argv", [
    ("create", "--param", "novalue"), ("create", "--param", "=v"),
    ("create", "--client-secret", "@/no/such/file"), ("create", "--private-key", "/no/such/file"),
    ("create", "--body", "[]"), ("get",), ("delete",), ("test",), ("update",), ("no-such",),
    ("list", "--no-such")])
def test_wrong_usage(cli, argv):
    cli("credentials", *argv, code=2)


def test_the_command_shows_a_test(scope, cli, tokens):
    made = scope.make(name="id")

    def try_it(report, *flags, code=0, **more):
        seen = []
        thread = threading.Thread(target=lambda: seen.append(
            cli("credentials", "test", "id", *flags, code=code)))
        thread.start()
        tokens.answer(*tokens.ask(), report, **more)
        thread.join(30)
        assert seen, report
        return seen[0].stdout

    out = try_it({"ok": True, "status": 200, "tokenType": "Bearer", "expiresIn": 3600,
                  "scope": "a\x1b[31m", "accessToken": "***", "durationMs": 12.5})
    assert "200" in out and "expiresIn: 3600" in out and "\x1b" not in out
    out = try_it({"ok": False, "status": 401, "error": "oauth_invalid_client",
                  "errorDescription": "no such client"}, code=1, number=0, error="x")
    assert "oauth_invalid_client" in out and "no such client" in out
    out = try_it({"ok": False, "error": "oauth_timeout"}, "--json", code=1, number=0, error="x")
    assert json.loads(out) == {"ok": False, "error": "oauth_timeout"}
    assert made["name"] == "id"
