"""Token servers that break the rules of HTTP, or send one elsewhere: nothing ends, nothing
grows, nobody else waits, and no secret goes where it was not meant to.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.raw_token_server import BREAKS, GOOD, RawTokenServer, answer, well
from harness.scene import Scene
from harness.token_server import Receiver, TokenServer
from harness.wait import wait_until

GROWTH_KB = 16 * 1024


@pytest.fixture(scope="module")
def scene():
    """Nobody starts a program again that has ended."""
    made = Scene(tokens=1, settings={"TOKENS_TIMEOUT_MS": "700"})
    yield made
    made.close()


@pytest.fixture
def project(scene):
    made = scene.system.project()
    made.wait_known()
    yield made
    made.close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def raw():
    made = RawTokenServer()
    yield made
    made.close()


def mend(project, credential):
    """Whatever is changed, it is tried again at once."""
    changed = project.api.patch(project.credential_path(credential), {"scope": "mended"})
    assert changed.status == 200, changed


def wait_reason(project, webhook, reason):
    """All of its deliveries wait for it, and have cost nothing."""
    def waiting():
        return project.deliveries(webhook=webhook["id"])
    wait_until(lambda: {d["lastError"] for d in waiting()} == {reason}, 10, f"it is {reason}")
    for delivery in waiting():
        assert (delivery["status"], delivery["tries"]) == ("waiting", 0), delivery
        whole = project.api.get(f"{project.path}/deliveries/{delivery['id']}").json
        assert whole["attempts"] == [] and whole["lastError"] == reason, whole


@pytest.mark.parametrize("how", BREAKS)
def test_rules_are_broken(scene, project, raw, receiver, path, how):
    tokens = scene.system.processes["tokens0"]
    raw.say, reason = BREAKS[how]
    pid, before = tokens.pid, tokens.peak_kb()
    credential = project.credential(raw)
    webhook = project.oauth_webhook(receiver.url(path), credential, wait=False)
    other = project.webhook(receiver.url("/other" + path))
    events = project.publish(3)
    receiver.wait_taken("/other" + path, events, 5)
    wait_reason(project, webhook, reason)
    assert project.stats(other)["failed"] == 0 and not receiver.events(path)
    raw.say = well
    mend(project, credential)
    receiver.wait_taken(path, events, 10)
    assert set(receiver.tokens(path)) == {"tok-1"}
    assert raw.most == 1
    assert tokens.alive() and tokens.pid == pid
    assert tokens.peak_kb() < before + GROWTH_KB, "it has grown"


def test_what_stands_behind_an_answer_is_not_the_next(project, raw, receiver, path):
    """A second answer that nobody has asked for."""
    def say(_, sock):
        sock.sendall(answer() + answer(GOOD.replace(b"tok-1", b"tok-evil")))
        sock.recv(1)
    raw.say = say
    credential = project.credential(raw)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(2), 10)
    raw.say = well
    told = project.api.post(project.credential_path(credential) + "/test")
    assert told.json["ok"], told
    assert raw.count == 2
    receiver.wait_taken(path, project.publish(2), 10)
    assert set(receiver.tokens(path)) == {"tok-1"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_sent_elsewhere(project, receiver, path, status):
    server, elsewhere = TokenServer(), TokenServer("elsewhere")
    try:
        server.ill(status, headers=(("Location", elsewhere.url("/token")),))
        credential = project.credential(server)
        webhook = project.oauth_webhook(receiver.url(path), credential)
        event = project.publish_one()
        wait_reason(project, webhook, "oauth_bad_answer")
        server.well()
        mend(project, credential)
        receiver.wait_taken(path, [event], 10)
        assert server.count == 2 and elsewhere.count == 0
    finally:
        server.close()
        elsewhere.close()
