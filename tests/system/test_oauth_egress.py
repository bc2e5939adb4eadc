"""Where token requests may go: the rules are the same as for webhooks.

SPDX-License-Identifier: Apache-2.0
"""
import json

import pytest

from harness.egress import BAD, GOOD, World
from harness.receiver import Receiver, certificate
from harness.wait import wait_until

TOKEN = json.dumps({"access_token": "tok", "token_type": "Bearer"}).encode()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(str(tmp_path_factory.mktemp("egress")), tokens=1)
    made.good.answers["/token"] = (200, {"Content-Type": "application/json"}, TOKEN)
    yield made
    made.close()
    assert made.entered() == [0, 0, 0]


def url(world, host, port=None):
    return f"https://{host}:{port or world.port}/token"


def told(world, where):
    """What a request to that address came to."""
    credential = world.project.credential(where)
    answer = world.project.api.post(world.project.credential_path(credential) + "/test")
    assert answer.status == 200, answer
    return answer.json


def test_good(world):
    assert told(world, url(world, world.name([GOOD])))["ok"]
    assert world.good.at("/token")[-1]["headers"]["Content-Type"] == \
        "application/x-www-form-urlencoded"


@pytest.mark.parametrize("answer", [
    [BAD], ["127.0.0.2"], ["10.0.0.1"], ["169.254.169.254"], ["100.100.100.200"], ["::1"],
    ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::1"], ["fd00:ec2::254"]],
    ids=lambda a: ",".join(a))
def test_bad(world, answer):
    said = told(world, url(world, world.name(answer)))
    assert (said["ok"], said["error"], said["errorDescription"]) == \
        (False, "oauth_unavailable", "address_refused")


def test_rebinding(world):
    host = world.name([GOOD], [BAD])
    credential = world.project.credential(url(world, host))
    where = world.project.credential_path(credential) + "/test"
    assert world.project.api.post(where).json["ok"]
    world.parts.processes["tokens0"].stop()
    world.parts.restart("tokens0")
    world.parts.wait_healthy(["tokens0"])
    assert world.project.api.post(where).json["errorDescription"] == "address_refused"
    assert world.project.get_credential(credential)["state"] == "valid"


@pytest.mark.parametrize("host", [BAD, "10.0.0.1", "[::1]", "0x7f000001"])
def test_addresses_are_refused_when_they_are_saved(world, host):
    answer = world.project.api.post(world.project.path + "/credentials", {
        "tokenUrl": f"https://{host}/token", "clientId": "c", "clientSecret": "s"})
    assert answer.status == 400 and answer.json["field"] == "tokenUrl", answer


def test_a_certificate_that_nobody_vouches_for(world, tmp_path):
    other = Receiver(GOOD, *certificate(str(tmp_path), GOOD))
    try:
        said = told(world, other.url("/token"))
        assert said["error"] == "oauth_unavailable", said
        assert said["errorDescription"].startswith("tls_"), said
        assert not other.requests
    finally:
        other.close()


def test_a_certificate_of_another_name(world):
    world.dns.set("other.example", [GOOD])
    said = told(world, url(world, "other.example"))
    assert said["errorDescription"].startswith("tls_"), said


def test_deliveries_wait_for_such_a_server(world):
    credential = world.project.credential(url(world, world.name([BAD])))
    hook = world.hook(world.name([GOOD]), "/never",
                      auth={"type": "oauth2", "credential": credential["id"]})
    def waits():
        world.project.publish(eventName=hook["eventNames"][0])
        return {d["lastError"] for d in
                world.project.deliveries(webhook=hook["id"], status="waiting")}
    wait_until(lambda: waits() == {"oauth_unavailable"}, 15, "they wait", poll=0.2)
    assert not world.good.at("/never")
