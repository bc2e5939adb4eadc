"""Signing secrets: ed25519 beside HMAC, rotation, and what is shown of them.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from harness.http import problem
from harness.verify import make_secret, verify
from harness.wait import wait_until

SECRETS_MAX = 8


def base64_text(prefix, raw):
    return prefix + base64.b64encode(raw).decode()


def make_pair():
    """Seed, and the texts of the secret in its two forms and of the public key."""
    key = Ed25519PrivateKey.generate()
    seed = key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                             serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.Raw,
                                           serialization.PublicFormat.Raw)
    return (base64_text("whsk_", seed), base64_text("whsk_", seed + public),
            base64_text("whpk_", public))


def next_request(sink, project, path):
    sink.clear()
    event = project.publish_one(dataFields={"name": "Ada", "text": "ü €"})
    return wait_until(lambda: [r for r in sink.requests(path)
                               if r.headers["webhook-id"] == event], 5, "it arrives")[0]


def rotate(project, webhook, body=None):
    return project.api.post(project.hook_path(webhook) + "/secrets/rotate", body)


@pytest.mark.parametrize("form", [0, 1], ids=["seed", "seed-and-public"])
def test_ed25519(sink, project, path, form):
    pair, other = make_pair(), make_pair()
    webhook = project.webhook(sink.url(path), signing={"secrets": [pair[form]]})
    assert webhook["signing"] == {"enabled": True, "algorithm": "ed25519", "secrets": ["***"],
                                  "publicKeys": [pair[2]], "secretsUntil": [None]}
    request = next_request(sink, project, path)
    assert verify(request, pair[2]) == "ok"
    assert verify(request, other[2]) != "ok"
    request.body = request.body.replace(b"Ada", b"Eve")
    assert verify(request, pair[2]) != "ok"


def test_both_kinds_beside_each_other(sink, project, path):
    secret, pair = make_secret(), make_pair()
    project.webhook(sink.url(path), signing={"secrets": [secret, pair[0]]})
    request = next_request(sink, project, path)
    values = request.headers["webhook-signature"].split(" ")
    assert [v.split(",")[0] for v in values] == ["v1", "v1a"]
    assert verify(request, secret) == "ok" and verify(request, pair[2]) == "ok"


def test_a_large_body(sink, project, path):
    pair = make_pair()
    project.webhook(sink.url(path), signing={"secrets": [pair[1]]})
    project.publish_one(dataFields={"text": "x" * 500_000})
    request = wait_until(lambda: sink.requests(path), 5, "it arrives")[0]
    assert verify(request, pair[2]) == "ok"


def test_a_key_is_made_and_rotated(sink, project, path):
    """It is shown once; the one before signs along; another kind may follow."""
    made = project.webhook(sink.url(path), signing={"algorithm": "ed25519"})
    first = made["signing"]["secrets"][0]
    raw = base64.b64decode(first.removeprefix("whsk_"))
    assert len(raw) == 64 and base64_text("whpk_", raw[32:]) == made["signing"]["publicKeys"][0]
    assert project.get_webhook(made)["signing"]["secrets"] == ["***"]
    second = rotate(project, made).json["signing"]
    assert second["secrets"][0].startswith("whsk_") and second["secrets"][1:] == ["***"]
    assert second["publicKeys"][1] == made["signing"]["publicKeys"][0]
    until = datetime.datetime.fromisoformat(second["secretsUntil"][1].replace("Z", "+00:00"))
    hours = (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600
    assert second["secretsUntil"][0] is None and 23.9 < hours <= 24
    third = rotate(project, made, {"algorithm": "hmac-sha256"}).json["signing"]
    assert third["algorithm"] == "hmac-sha256"
    # The end of one that has been rotated before stays as it was.
    assert third["secretsUntil"][2] == second["secretsUntil"][1]
    project.system.wait_config()
    request = next_request(sink, project, path)
    for key in [third["secrets"][0], *third["publicKeys"]]:
        assert verify(request, key) == "ok"
    assert len(request.headers["webhook-signature"].split(" ")) == 3


def test_no_secret_ends_early(sink, project, path):
    """As many as may sign at a time; then to rotate is refused, and setting them is not."""
    first = make_secret()
    webhook = project.webhook(sink.url(path), signing={"secrets": [first]})
    for _ in range(SECRETS_MAX - 1):
        newest = rotate(project, webhook)
        assert newest.status == 200, newest
    problem(rotate(project, webhook), 409, "too_many_secrets", "signing.secrets")
    project.system.wait_config()
    request = next_request(sink, project, path)
    assert len(request.headers["webhook-signature"].split(" ")) == SECRETS_MAX
    assert verify(request, first) == "ok"
    assert verify(request, newest.json["signing"]["secrets"][0]) == "ok"
    where = project.hook_path(webhook)
    shown = project.get_webhook(webhook)
    assert project.api.patch(where, shown).status == 200, "what is shown can be sent back"
    alone = make_secret()
    assert project.api.patch(where, {"signing": {"secrets": [alone]}}).status == 200
    assert rotate(project, webhook).status == 200


def test_what_is_refused(sink, project, path):
    webhook = project.webhook(sink.url(path), wait=False)
    where = project.hook_path(webhook)
    pair, other = make_pair(), make_pair()
    raw = base64.b64decode(pair[1].removeprefix("whsk_"))
    bad_half = base64_text("whsk_", raw[:32] + base64.b64decode(other[2].removeprefix("whpk_")))
    for signing, field in [
            ({"secrets": [bad_half]}, "signing.secrets"),
            ({"secrets": ["whsk_" + "A" * 40]}, "signing.secrets"),
            ({"secrets": [pair[2]]}, "signing.secrets"),
            ({"algorithm": "rsa"}, "signing.algorithm"),
            ({"algorithm": "ed25519"}, "signing.algorithm"),
            ({"algorithm": "hmac-sha256", "secrets": [pair[0]]}, "signing.algorithm"),
            ({"publicKeys": [pair[2]]}, "signing"),
            ({"secretsUntil": []}, "signing")]:
        answer = project.api.patch(where, {"signing": signing})
        assert (answer.status, answer.json.get("field")) == (400, field), answer
    problem(rotate(project, webhook, {"algorithm": "rsa"}), 400, "invalid", "algorithm")
    problem(rotate(project, webhook, {"colour": 1}), 400, "unknown_field", "colour")
