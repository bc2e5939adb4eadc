"""What a receiver gets: signature, headers, matching, fan-out.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import re

import pytest

from harness.verify import make_secret, verify
from harness.wait import wait_until


def first_request(sink, path, timeout=10):
    return wait_until(lambda: sink.requests(path), timeout, f"a request on {path}")[0]


def test_signature(sink, project, path):
    secret = make_secret()
    project.webhook(sink.url(path), signing={"enabled": True, "secrets": [secret]})
    event = project.publish_one(dataFields={"name": "Ada", "text": "ü €"})
    request = first_request(sink, path)
    assert request.headers["webhook-id"] == event
    assert re.fullmatch(r"v1,[A-Za-z0-9+/=]{44}", request.headers["webhook-signature"])
    assert verify(request, secret) == "ok"
    assert verify(request, make_secret()) != "ok"
    request.body = request.body.replace(b"Ada", b"Eve")
    assert verify(request, secret) != "ok"


def test_two_secrets_sign_both(sink, project, path):
    secrets = [make_secret(), make_secret()]
    project.webhook(sink.url(path), signing={"enabled": True, "secrets": secrets})
    project.publish()
    request = first_request(sink, path)
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    assert [verify(request, s) for s in secrets] == ["ok", "ok"]


def test_secrets_are_replaced(sink, project, path):
    """The way to rotate: both for a while, then the new one alone."""
    old, new = make_secret(), make_secret()
    webhook = project.webhook(sink.url(path), signing={"enabled": True, "secrets": [old]})
    where = project.hook_path(webhook)
    for secrets in ([new, old], [new]):
        answer = project.api.patch(where, {"signing": {"enabled": True, "secrets": secrets}})
        assert answer.status == 200, answer
        def signed(n=len(secrets)):
            project.publish()
            requests = sink.requests(path)
            return requests and \
                len(requests[-1].headers["webhook-signature"].split(" ")) == n and requests[-1]
        request = wait_until(signed, 5, f"{len(secrets)} signatures", poll=0.1)
        assert [verify(request, s) for s in secrets] == ["ok"] * len(secrets)
    assert verify(request, old) != "ok"


def test_rotation(sink, project, path):
    """The old secret signs along for a while."""
    old = make_secret()
    webhook = project.webhook(sink.url(path), signing={"enabled": True, "secrets": [old]})
    answer = project.api.post(project.hook_path(webhook) + "/secrets/rotate", {})
    assert answer.status in (200, 201), answer
    new = re.search(r"whsec_[A-Za-z0-9+/=_-]+", answer.text).group(0)
    assert new != old
    project.system.wait_config()
    project.publish()
    request = first_request(sink, path)
    assert [verify(request, s) for s in (old, new)] == ["ok", "ok"]
    assert len(request.headers["webhook-signature"].split(" ")) == 2


def test_unsigned(sink, project, path):
    project.webhook(sink.url(path), signing={"enabled": False})
    event = project.publish_one()
    request = first_request(sink, path)
    assert "webhook-signature" not in request.headers
    assert request.headers["webhook-id"] == event


def test_headers(sink, project, path):
    project.webhook(sink.url(path), headers={"X-Api-Key": "k-1", "x-second": "two words"})
    project.publish()
    request = first_request(sink, path)
    assert request.method == "POST"
    assert request.headers["x-api-key"] == "k-1" and request.headers["x-second"] == "two words"
    assert re.fullmatch(r"Postrider/\d+\.\d+\.\d+\S*", request.headers["user-agent"])
    assert request.headers["content-type"] == "application/json"
    assert int(request.headers["webhook-timestamp"]) > 1_600_000_000
    assert "authorization" not in request.headers
    names = [name.lower() for name, _ in request.header_lines]
    assert len(names) == len(set(names)), names


def test_odd_headers(sink, project, path):
    """Every token is a name, and bytes above ASCII may be in a value."""
    odd = {"!#$%&'*+-.^_`|~9": "a: b; c", "X-Utf8": "ü€", "X-Empty": "", "X-Blank": " \t ",
           "X-Tab": "a\tb"}
    project.webhook(sink.url(path), headers=odd)
    project.publish()
    request = first_request(sink, path)
    sent = {k: v.strip() for k, v in odd.items()}
    assert {k: request.raw_headers.get(k.lower()) for k in odd} == sent


@pytest.mark.parametrize("auth, value", [
    ({"type": "basic", "username": "ada", "password": "pa:ss"},
     "Basic " + base64.b64encode(b"ada:pa:ss").decode()),
    ({"type": "bearer", "token": "tok-en.1"}, "Bearer tok-en.1"),
])
def test_auth(sink, project, path, auth, value):
    project.webhook(sink.url(path), auth=auth)
    project.publish()
    assert first_request(sink, path).headers["authorization"] == value


def test_redirects_are_not_followed(sink, project, path):
    sink.behave(path, redirect=1)
    project.webhook(sink.url(path), retry={"delaysS": [], "jitter": 0})
    event = project.publish_one()
    delivery = project.wait_status(event, "dead")
    assert delivery["attempts"][-1]["status"] == 302
    assert not sink.requests("/redirected")


def test_fan_out(sink, project, path):
    for i in range(10):
        project.webhook(sink.url(f"{path}/{i}"))
    ids = set(project.publish(20))
    for i in range(10):
        wait_until(lambda i=i: sink.ids(f"{path}/{i}") == ids, 10, f"20 events on webhook {i}")


def test_event_names(sink, project, path):
    project.webhook(sink.url(path + "/opens"), eventNames=["emailOpen", "emailClick"])
    project.webhook(sink.url(path + "/all"), eventNames=["*"])
    project.webhook(sink.url(path + "/none"), eventNames=["emailOpe"])
    send = project.publish_one(eventName="emailSend")
    opened = project.publish_one(eventName="emailOpen")
    wait_until(lambda: sink.ids(path + "/all") == {send, opened}, 10, "the wildcard gets both")
    wait_until(lambda: sink.ids(path + "/opens") == {opened}, 10, "the other gets one")
    assert not sink.ids(path + "/none")


def test_other_projects_get_nothing(system, sink, project, path):
    other = system.project()
    other.wait_known()
    other.webhook(sink.url(path + "/other"))
    project.webhook(sink.url(path + "/mine"))
    event = project.publish_one()
    wait_until(lambda: sink.ids(path + "/mine") == {event}, 10, "mine")
    assert not sink.ids(path + "/other")
    other.close()


def test_changes_take_effect_within_a_second(sink, project, path):
    webhook = project.webhook(sink.url(path + "/a"))
    project.publish()
    wait_until(lambda: sink.ids(path + "/a"), 10, "the first")
    where = project.hook_path(webhook)
    answer = project.api.patch(where, {"url": sink.url(path + "/b"),
                                       "headers": {"X-New": "1"}})
    assert answer.status == 200, answer
    assert answer.json["version"] > webhook["version"]
    def moved():
        project.publish()
        return sink.requests(path + "/b")
    assert wait_until(moved, 1, "the new URL is used", poll=0.1)[0].headers["x-new"] == "1"
    assert project.api.patch(where, {"enabled": False}).status == 200
    def quiet():
        marker = project.publish_one()
        answer = project.deliveries()
        return marker not in sink.ids(path + "/b") and \
            not any(d["event"] == marker for d in answer)
    wait_until(quiet, 1.5, "nothing more goes to it", poll=0.1)
    assert project.api.delete(where).status == 204
    assert project.api.get(where).status == 404


def test_deleting_a_project_ends_it(system, sink, path):
    project = system.project()
    project.wait_known()
    project.webhook(sink.url(path))
    assert project.api.delete(project.path).status == 204
    assert project.api.get(project.path).status == 404
    def unknown():
        reply = project.publisher.send(project.message())
        return not reply["ok"] and reply["error"]["code"] == "unknown_project"
    wait_until(unknown, 2, "ingest has heard of it")
    project.close()
