"""Against token servers that others wrote.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness.load import Load
from harness.npm_server import NpmServer
from harness.scene import Scene
from harness.token_server import Receiver
from harness.wait import wait_until

SECRET = "a+b /%=:&?\"'<secret>-0123456789abcdef"
RESOURCE = "https://api.example.com/hooks"


@pytest.fixture(scope="module")
def oidc(system):
    made = NpmServer("oidc", system.folder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def mock(system):
    made = NpmServer("mock", system.folder)
    yield made
    made.close()


@pytest.fixture
def receiver(oidc):
    made = Receiver(oidc)
    yield made
    made.close()


def number(n, size=None):
    raw = n.to_bytes(size or (n.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Key:
    """A pair: the private half as PEM, the public one as a JWK."""

    def __init__(self, kind, key_id):
        self.id = key_id
        if kind == "RS256":
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public = key.public_key().public_numbers()
            self.jwk = {"kty": "RSA", "n": number(public.n), "e": number(public.e)}
        else:
            key = ec.generate_private_key(ec.SECP256R1())
            public = key.public_key().public_numbers()
            self.jwk = {"kty": "EC", "crv": "P-256", "x": number(public.x, 32),
                        "y": number(public.y, 32)}
        self.jwk.update(kid=key_id, alg=kind, use="sig")
        self.pem = key.private_bytes(serialization.Encoding.PEM,
                                     serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()).decode()


def client_of(oidc, project, **document):
    """A client of the project's own."""
    name = f"client of {project.id}"
    oidc.tell("client", document={"client_id": name, **document})
    return name


def jwt_client(oidc, project, key):
    return client_of(oidc, project, token_endpoint_auth_method="private_key_jwt",
                     token_endpoint_auth_signing_alg=key.jwk["alg"], jwks={"keys": [key.jwk]})


def jwt_credential(project, oidc, client, key):
    return project.credential(oidc.url(), clientId=client, clientAuth="private_key_jwt",
                              clientSecret=None, privateKey=key.pem, keyId=key.id)


def attempts_of(project, event):
    return [(a["attempt"], a["status"]) for a in project.delivery_of(event)["attempts"]]


def change(project, credential, **fields):
    answer = project.api.patch(project.credential_path(credential), fields)
    assert answer.status == 200, answer


def try_it(project, credential):
    answer = project.api.post(project.credential_path(credential) + "/test")
    assert answer.status == 200, answer
    return answer.json


def deliver(project, receiver, path, credential, count=3):
    project.oauth_webhook(receiver.url(path), credential)
    events = project.publish(count)
    receiver.wait_taken(path, events)


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_secrets(oidc, project, receiver, path, way):
    client = client_of(oidc, project, client_secret=SECRET, token_endpoint_auth_method=way)
    credential = project.credential(oidc.url(), clientId=client, clientSecret=SECRET,
                                    clientAuth=way)
    before = oidc.count
    deliver(project, receiver, path, credential)
    assert oidc.count == before + 1


@pytest.mark.parametrize("kind", ["RS256", "ES256"])
def test_keys_and_their_rotation(oidc, project, receiver, path, kind):
    old, new = Key(kind, "old"), Key(kind, "new")
    client = jwt_client(oidc, project, old)
    credential = jwt_credential(project, oidc, client, old)
    deliver(project, receiver, path, credential)
    jwt_client(oidc, project, new)
    assert try_it(project, credential)["error"] == "oauth_invalid_client"
    # The new one's name is not enough.
    change(project, credential, keyId=new.id)
    assert try_it(project, credential)["error"] == "oauth_invalid_client"
    change(project, credential, privateKey=new.pem, keyId=new.id)
    before = set(receiver.tokens(path))
    def uses_another():
        project.publish_one()
        return set(receiver.tokens(path)) - before
    wait_until(uses_another, 10, "a token that the new key got is used")
    assert set(receiver.statuses(path)) == {204}


@pytest.mark.parametrize("kind", ["RS256", "ES256"])
def test_no_assertion_is_used_twice(oidc, project, kind):
    """The server would refuse its jti."""
    key = Key(kind, "k")
    credential = jwt_credential(project, oidc, jwt_client(oidc, project, key), key)
    before = oidc.count
    for _ in range(3):
        assert try_it(project, credential)["ok"]
    assert oidc.count == before + 3


def test_scope_and_resource_are_granted(oidc, project, receiver, path):
    client = client_of(oidc, project, client_secret=SECRET)
    credential = project.credential(oidc.url(), clientId=client, clientSecret=SECRET,
                                    scope="send", resource=RESOURCE)
    deliver(project, receiver, path, credential)
    token = oidc.tell("token", token=receiver.tokens(path)[0])
    assert token == {"client": client, "scope": "send", "aud": RESOURCE}


@pytest.mark.parametrize("fields, error", [
    ({"scope": "admin"}, "oauth_invalid_scope"),
    ({"resource": "https://elsewhere.example/"}, "oauth_invalid_target"),
    # A token of this server's is for one.
    ({"resource": [RESOURCE, RESOURCE + "/2"]}, "oauth_invalid_target")],
    ids=["scope", "resource", "resources"])
def test_what_is_not_granted_is_told(oidc, project, receiver, path, fields, error):
    client = client_of(oidc, project, client_secret=SECRET)
    credential = project.credential(oidc.url(), clientId=client, clientSecret=SECRET, **fields)
    project.oauth_webhook(receiver.url(path), credential)
    event = project.publish_one()
    wait_until(lambda: [d["lastError"] for d in project.deliveries()] == [error], 10, "it waits")
    assert project.delivery_of(event)["attempts"] == []
    change(project, credential, scope="read", resource=RESOURCE)
    receiver.wait_taken(path, [event], 3)


def test_a_wrong_secret_waits_for_the_right_one(oidc, project, receiver, path):
    client = client_of(oidc, project, client_secret=SECRET)
    credential = project.credential(oidc.url(), clientId=client, clientSecret="wrong" + SECRET)
    project.oauth_webhook(receiver.url(path), credential, retry={"delaysS": [3600], "jitter": 0})
    event = project.publish_one()
    delivery = wait_until(lambda: next((d for d in project.deliveries()
                                        if d["lastError"] == "oauth_invalid_client"), None),
                          10, "it waits")
    assert (delivery["status"], delivery["tries"]) == ("waiting", 0)
    assert attempts_of(project, event) == [] and not receiver.statuses(path)
    change(project, credential, clientSecret=SECRET)
    # The server would be asked again after 4 s or more.
    receiver.wait_taken(path, [event], 3)
    assert project.wait_status(event, "delivered")["tries"] == 1
    assert attempts_of(project, event) == [(1, 204)]


def test_tokens_that_live_for_two_seconds(path, tmp_path):
    """Six of them under load, for two senders: none is used after its end, nothing waits at
    the end of one, and two tokens processes fetch them one by one."""
    oidc, scene = NpmServer("oidc", str(tmp_path)), Scene(senders=2, tokens=2)
    receiver, project = Receiver(oidc), scene.project
    load = None
    try:
        oidc.tell("lifetime", seconds=2)
        oidc.tell("delay", ms=100)
        client = client_of(oidc, project, client_secret=SECRET)
        credential = project.credential(oidc.url(), clientId=client, clientSecret=SECRET)
        webhook = project.oauth_webhook(receiver.url(path), credential,
                                        limits={"concurrency": 16})
        load = Load([scene.system.publish_endpoint], [project.id], 100, str(tmp_path / "taken"))
        began = time.monotonic()
        wait_until(lambda: oidc.count >= 6, 20, "six have been fetched")
        lasted = time.monotonic() - began
        load.stop()
        events = load.acknowledged(project.id)
        wait_until(lambda: project.stats(webhook)["delivered"] >= len(events), 20,
                   "all are delivered")
        assert set(receiver.statuses(path)) == {204}
        assert len(receiver.tokens(path)) == len(events) > 50 * lasted
        assert len(set(receiver.tokens(path))) >= 5
        # Renewed when seven tenths are over, and not before.
        assert oidc.most == 1 and lasted > 5
    finally:
        if load:
            load.kill()
        scene.close()
        receiver.close()
        oidc.close()


@pytest.mark.parametrize("more", [
    {"expires_in": None}, {"expires_in": "3600"}, {"expires_in": "soon"}, {"token_type": None},
    {"token_type": "bearer"}, {"token_type": "BEARER"}, {"error": {"code": 7}}], ids=str)
def test_shapes_of_answers(mock, project, path, more):
    receiver = Receiver()
    mock.tell("answer", body=more)
    before = mock.count
    try:
        deliver(project, receiver, path, project.credential(mock.url()))
        assert mock.count == before + 1
        assert receiver.tokens(path)[0].count(".") == 2, "a JWT"
    finally:
        receiver.close()


def test_a_lifetime_that_is_a_text(mock, project, path):
    """It counts as much as a number."""
    receiver = Receiver()
    mock.tell("answer", body={"expires_in": "2"})
    credential = project.credential(mock.url())
    before = mock.count
    try:
        deliver(project, receiver, path, credential)
        wait_until(lambda: mock.count >= before + 3, 10, "it is renewed twice")
    finally:
        mock.tell("answer")
        # Nor is it renewed while others are counted.
        project.api.delete(project.credential_path(credential))
        receiver.close()


@pytest.mark.parametrize("status, body, error", [
    (400, {"error": "invalid_client", "error_description": "No."}, "oauth_invalid_client"),
    (401, {}, "oauth_invalid_client"),
    (400, {"error": "unauthorized_client"}, "oauth_unauthorized_client"),
    (400, {"error": {"code": 7}}, "oauth_refused"), (403, "no", "oauth_refused"),
    (500, {"error": "invalid_client"}, "oauth_unavailable"), (429, {}, "oauth_unavailable"),
    (201, {"error": "invalid_grant"}, "oauth_invalid_grant"), (201, [], "oauth_bad_answer"),
    (302, {}, "oauth_bad_answer")], ids=str)
def test_errors(mock, project, path, status, body, error):
    receiver = Receiver()
    mock.tell("answer", status=status, body=body)
    try:
        credential = project.credential(mock.url())
        project.oauth_webhook(receiver.url(path), credential)
        event = project.publish_one()
        wait_until(lambda: [d["lastError"] for d in project.deliveries()] == [error], 10,
                   "it waits")
        assert attempts_of(project, event) == []
        seen = project.get_credential(credential)["lastError"]
        assert (seen["code"], seen["status"]) == (error, status)
        if "error_description" in body:
            assert seen["detail"] == body["error_description"]
        mock.tell("answer")
        change(project, credential, scope="mended")
        receiver.wait_taken(path, [event], 3)
    finally:
        mock.tell("answer")
        receiver.close()
