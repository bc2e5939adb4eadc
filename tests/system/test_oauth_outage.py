"""Token servers that fail: what waits for them waits, all else goes on.

SPDX-License-Identifier: Apache-2.0
"""
import time
from email.utils import formatdate

import pytest

from harness.process import free_port
from harness.scene import Scene
from harness.token_server import Receiver, TokenServer
from harness.wait import wait_until

JSON = (("Content-Type", "application/json"),)
HTML = (("Content-Type", "text/html"),)
BIG = b'{"access_token":"' + b"x" * 10 * 1024 * 1024 + b'"}'
GOOD = b'{"access_token":"%s","token_type":"Bearer","expires_in":3600}'

# What the server does -> the reason that is shown.
ILLS = {
    "500": ({"status": 500}, "oauth_unavailable"),
    "503-with-html": ({"status": 503, "body": b"<html>later</html>", "headers": HTML},
                      "oauth_unavailable"),
    "hangs-up": ({"hang_up": True}, "oauth_unavailable"),
    "redirects": ({"status": 302, "headers": (("Location", "http://127.0.0.1:9/"),)},
                  "oauth_bad_answer"),
    "html": ({"body": b"<html>login</html>", "headers": HTML}, "oauth_bad_answer"),
    "10-mib": ({"body": BIG}, "oauth_bad_answer"),
    "big-headers": ({"body": GOOD % b"x", "headers": tuple(
        (f"X-{i}", "y" * 8000) for i in range(12))}, "oauth_unavailable"),
    "no-json": ({"body": b'{"access_token":"x"'}, "oauth_bad_answer"),
    "nested": ({"body": b"[" * 100000}, "oauth_bad_answer"),
    "nested-beside-a-token": ({"body": GOOD[:-1] % b"x" + b',"a":' + b"[" * 9000 + b"]" * 9000 +
                               b"}"}, "oauth_bad_answer"),
    "twice": ({"body": b'{"access_token":"x","access_token":"y"}'}, "oauth_bad_answer"),
    "no-utf-8": ({"body": GOOD % b"\xff\xfe"}, "oauth_bad_answer"),
    "nul": ({"body": GOOD % b"a\\u0000b"}, "oauth_bad_answer"),
    "empty-token": ({"body": GOOD % b""}, "oauth_bad_answer"),
    "line-break": ({"body": GOOD % b"a\\r\\nX-Evil: 1"}, "oauth_bad_answer"),
    "long-token": ({"body": GOOD % (b"x" * 16385)}, "oauth_bad_answer"),
    "number": ({"body": b'{"access_token":42}'}, "oauth_bad_answer"),
    "list": ({"body": b'["access_token","x"]'}, "oauth_bad_answer"),
    "mac": ({"body": b'{"access_token":"x","token_type":"mac"}'}, "oauth_bad_answer"),
    "nothing": ({"status": 204, "headers": ()}, "oauth_bad_answer"),
    "error-in-200": ({"body": {"error": "invalid_scope"}}, "oauth_invalid_scope"),
    "invalid-client": ({"status": 401, "body": {"error": "invalid_client"}},
                       "oauth_invalid_client"),
    "401": ({"status": 401, "headers": HTML}, "oauth_invalid_client"),
    "invalid-target": ({"status": 400, "body": {"error": "invalid_target"}},
                       "oauth_invalid_target"),
    "its-own-error": ({"status": 400, "body": {"error": "moon_phase"}}, "oauth_refused"),
    "busy": ({"status": 400, "body": {"error": "temporarily_unavailable"}}, "oauth_unavailable"),
}

# What else a good answer may look like.
GOOD_ONES = {
    "no-lifetime": {"expires_in": None},
    "text-lifetime": {"expires_in": "3600"},
    "real-lifetime": {"expires_in": 3599.5},
    "negative-lifetime": {"expires_in": -5},
    "lower-case": {"token_type": "bearer"},
    "upper-case": {"token_type": "BEARER"},
    "no-type": {"token_type": None},
    "odd-lifetime": {"expires_in": [3600]},
    "long-token": {"access_token": "x" * 16384},
    "more-members": {"scope": "a b", "refresh_token": "r", "nested": {"a": [1, None]}},
}


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def reasons(project, webhook):
    return {d["lastError"] for d in project.deliveries(webhook=webhook["id"], status="waiting")}


def mend(project, credential):
    """Whatever is changed, it is tried again at once."""
    answer = project.api.patch(project.credential_path(credential), {"scope": "mended"})
    assert answer.status == 200, answer


@pytest.mark.parametrize("ill", ILLS)
def test_deliveries_wait_with_the_reason(project, server, receiver, path, ill):
    behaviour, reason = ILLS[ill]
    server.ill(**behaviour)
    credential = project.credential(server)
    webhook = project.oauth_webhook(receiver.url(path), credential)
    other = project.webhook(receiver.url("/other" + path))
    events = project.publish(3)
    receiver.wait_taken("/other" + path, events, 5)
    wait_until(lambda: reasons(project, webhook) == {reason}, 10, f"they wait for {reason}")
    waiting = project.deliveries(webhook=webhook["id"])
    assert [(d["status"], d["tries"]) for d in waiting] == [("waiting", 0)] * 3, waiting
    assert project.api.get(f"{project.path}/deliveries/{waiting[0]['id']}").json["attempts"] == []
    assert not receiver.events(path) and server.most == 1
    shown = project.get_credential(credential)
    assert shown["state"] == "failing" and shown["lastError"]["code"] == reason, shown
    assert project.stats(other)["failed"] == 0
    server.well()
    mend(project, credential)
    receiver.wait_taken(path, events, 10)
    assert project.stats(webhook)["failed"] == 0


@pytest.mark.parametrize("good", GOOD_ONES)
def test_answers_may_differ(project, server, receiver, path, good):
    server.well(**GOOD_ONES[good])
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    events = project.publish(2)
    receiver.wait_taken(path, events, 5)
    shown = project.get_credential(credential)
    assert shown["state"] == "valid", shown
    assert server.count == 1


def test_a_server_that_comes_back_finds_nothing_lost(project, server, receiver, path):
    server.ill(500)
    credential = project.credential(server)
    webhook = project.oauth_webhook(receiver.url(path), credential,
                                    retry={"delaysS": [1], "jitter": 0})
    events = project.publish(300)
    # More often than the schedule has steps.
    wait_until(lambda: server.count >= 4, 30, "it is asked again and again")
    assert {d["tries"] for d in project.deliveries()} == {0}
    times = [r["time"] for r in server.requests]
    assert all(b - a > 0.7 for a, b in zip(times, times[1:])), "it is not backed off from"
    server.well()
    receiver.wait_taken(path, events, 30)
    wait_until(lambda: project.stats(webhook)["delivered"] == 300, 5, "and counted")
    assert not project.deliveries(status="dead")


@pytest.mark.parametrize("status, date", [(429, False), (503, True), (400, False)])
def test_retry_after_is_respected(project, server, receiver, path, status, date):
    then = int(time.time()) + 5
    server.ill(status, headers=(
        ("Retry-After", formatdate(then, usegmt=True) if date else "4"),))
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    event = project.publish_one()
    wait_until(lambda: server.answered == 1, 5, "it is asked")
    server.well()
    receiver.wait_taken(path, [event])
    first, second = [r["time"] for r in server.requests]
    assert second >= (then if date else first + 4)


def test_a_server_that_is_not_there_yet(project, receiver, path):
    port = free_port()
    credential = project.credential(f"http://127.0.0.1:{port}/token")
    webhook = project.oauth_webhook(receiver.url(path), credential)
    events = project.publish(20)
    wait_until(lambda: reasons(project, webhook) == {"oauth_unavailable"}, 10, "they wait")
    assert project.get_credential(credential)["lastError"]["status"] is None
    server = TokenServer(port=port)
    try:
        receiver.wait_taken(path, events, 20)
        assert server.count == 1
        assert project.stats(webhook)["failed"] == 0
    finally:
        server.close()


def test_credentials_stand_alone(project, server, receiver, path):
    well = TokenServer("well")
    try:
        server.ill(429, headers=(("Retry-After", "60"),))
        project.oauth_webhook(receiver.url("/ill" + path), project.credential(server))
        project.oauth_webhook(receiver.url(path), project.credential(well))
        for _ in range(3):
            events = project.publish(20)
            receiver.wait_taken(path, events, 5)
        assert (server.count, well.count) == (1, 1)
        assert not receiver.events("/ill" + path)
    finally:
        well.close()


def test_a_slow_server_holds_up_nobody_else(path):
    server, receiver = TokenServer(), Receiver()
    scene = Scene(tokens=1, settings={"TOKENS_TIMEOUT_MS": "1500",
                                      "SENDER_TOKEN_WAIT_MS": "500",
                                      "SENDER_MAX_IN_FLIGHT": "64"})
    try:
        project = scene.project
        server.open.clear()
        credential = project.credential(server)
        slow = [project.oauth_webhook(receiver.url(f"/slow{i}"), credential) for i in range(4)]
        project.webhook(receiver.url("/other"))
        began = time.monotonic()
        events = project.publish(200)
        receiver.wait_taken("/other", events)
        assert time.monotonic() - began < 5, "it stood behind those that wait for a token"
        wait_until(lambda: all(reasons(project, w) for w in slow), 15, "they say why")
        server.open.set()
        server.well()
        wait_until(lambda: all(set(events) <= receiver.events(f"/slow{i}") for i in range(4)), 60,
                   "all are taken")
        assert server.most == 1
    finally:
        scene.close()
        server.close()
        receiver.close()


def test_without_a_tokens_process_they_wait(server, receiver, path):
    scene = Scene(settings={"SENDER_TOKEN_WAIT_MS": "300"})
    try:
        project = scene.project
        project.oauth_webhook(receiver.url(path), project.credential(server))
        events = project.publish(5)
        wait_until(lambda: {d["lastError"] for d in project.deliveries(status="waiting")} ==
                   {"oauth_unavailable"}, 10, "they wait")
        scene.system.start_tokens("tokens0")
        receiver.wait_taken(path, events)
        assert server.count == 1
    finally:
        scene.close()
