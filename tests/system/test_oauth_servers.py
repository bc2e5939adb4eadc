"""Against token servers that others wrote.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness.npm_server import NpmServer
from harness.token_server import Receiver
from harness.wait import wait_until

SECRET = "a+b /%=:&?\"'<secret>-0123456789abcdef"


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


def deliver(project, receiver, path, credential, count=3):
    project.oauth_webhook(receiver.url(path), credential)
    events = project.publish(count)
    wait_until(lambda: set(events) <= receiver.events(path), 15, "they are taken")


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
    answer = project.api.post(project.credential_path(credential) + "/test")
    assert answer.json["error"] == "oauth_invalid_client", answer
    answer = project.api.patch(project.credential_path(credential),
                               {"privateKey": new.pem, "keyId": new.id})
    assert answer.status == 200, answer
    before = set(receiver.tokens(path))
    def uses_another():
        project.publish_one()
        return set(receiver.tokens(path)) - before
    wait_until(uses_another, 10, "a token that the new key got is used")
    assert set(receiver.statuses(path)) == {204}


def test_scope_and_resource_are_granted(oidc, project, receiver, path):
    client = client_of(oidc, project, client_secret=SECRET)
    credential = project.credential(oidc.url(), clientId=client, clientSecret=SECRET,
                                    scope="send", resource="https://api.example.com/hooks")
    deliver(project, receiver, path, credential)
    token = oidc.tell("token", token=receiver.tokens(path)[0])
    assert token == {"client": client, "scope": "send", "aud": "https://api.example.com/hooks"}


def test_what_is_not_granted_is_told(oidc, project, receiver, path):
    client = client_of(oidc, project, client_secret=SECRET)
    credential = project.credential(oidc.url(), clientId=client, clientSecret=SECRET,
                                    scope="admin")
    project.oauth_webhook(receiver.url(path), credential)
    event = project.publish_one()
    wait_until(lambda: [d["lastError"] for d in project.deliveries()] == ["oauth_invalid_scope"],
               10, "it waits")
    assert project.delivery_of(event)["attempts"] == []


def test_a_wrong_secret_waits_for_the_right_one(oidc, project, receiver, path):
    client = client_of(oidc, project, client_secret=SECRET)
    credential = project.credential(oidc.url(), clientId=client, clientSecret="wrong" + SECRET)
    project.oauth_webhook(receiver.url(path), credential, retry={"delaysS": [3600], "jitter": 0})
    event = project.publish_one()
    delivery = wait_until(lambda: next((d for d in project.deliveries()
                                        if d["lastError"] == "oauth_invalid_client"), None),
                          10, "it waits")
    assert (delivery["status"], delivery["tries"]) == ("waiting", 0)
    answer = project.api.patch(project.credential_path(credential), {"clientSecret": SECRET})
    assert answer.status == 200, answer
    wait_until(lambda: event in receiver.events(path), 5, "it goes at once")
    assert project.wait_status(event, "delivered")["tries"] == 1


def test_tokens_that_live_for_two_seconds(oidc, project, receiver, path):
    """As the server says, so long is what a receiver takes."""
    oidc.tell("lifetime", seconds=2)
    try:
        client = client_of(oidc, project, client_secret=SECRET)
        credential = project.credential(oidc.url(), clientId=client, clientSecret=SECRET)
        webhook = project.oauth_webhook(receiver.url(path), credential)
        before, events, until = oidc.count, [], time.monotonic() + 8
        while time.monotonic() < until:
            events += project.publish(10)
            wait_until(lambda: len(set(events) - receiver.events(path)) < 100, 10, "it goes on")
        wait_until(lambda: set(events) <= receiver.events(path), 10, "all are taken")
        assert project.stats(webhook)["failed"] == 0
        assert oidc.most == 1
        assert 3 <= oidc.count - before <= 9
    finally:
        oidc.tell("lifetime", seconds=3600)


@pytest.mark.parametrize("more", [
    {"expires_in": None}, {"expires_in": "3600"}, {"token_type": "bearer"},
    {"token_type": "BEARER"}], ids=str)
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


def test_an_error_object(mock, project, path):
    mock.tell("answer", status=400, body={"error": "invalid_client", "error_description": "No."})
    try:
        credential = project.credential(mock.url())
        project.oauth_webhook("http://127.0.0.1:9/", credential)
        project.publish_one()
        wait_until(lambda: [d["lastError"] for d in project.deliveries()] ==
                   ["oauth_invalid_client"], 10, "it waits")
        error = project.get_credential(credential)["lastError"]
        assert (error["status"], error["detail"]) == (400, "No.")
    finally:
        mock.tell("answer")
