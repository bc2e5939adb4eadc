"""SIGKILL of what fetches tokens, under load and while it asks.

SPDX-License-Identifier: Apache-2.0
"""
import signal
import time

import pytest

from harness.asker import Asker
from harness.http import metric
from harness.scene import Scene
from harness.wait import stays, wait_until

KILLS = 6


@pytest.mark.parametrize("victims", [("tokens0",), ("tokens0", "tokens1"),
                                     ("tokens0", "sender0"), ("tokens0", "redis"),
                                     ("tokens0", "tokens1", "sender0", "router0", "redis")],
                         ids="-".join)
def test_none_is_lost_and_none_has_failed(server, receiver, victims):
    """Tokens live for two seconds, so that new ones are needed all the time."""
    scene = Scene(tokens=2, settings={"ROUTER_LEASE_MS": "1000"})
    try:
        server.well(expires_in=2)
        webhook = scene.project.oauth_webhook(receiver.url("/"), scene.project.credential(server))
        events = []
        for _ in range(KILLS):
            until = time.monotonic() + 0.7
            while time.monotonic() < until:
                events += scene.project.publish(10)
                wait_until(lambda: len(set(events) - receiver.events("/")) < 300, 15, "it goes on")
            scene.system.kill_and_restart(*victims)
        receiver.wait_taken("/", events, 60)
        wait_until(lambda: not scene.project.deliveries(status="waiting"), 30, "nothing waits")
        assert not scene.project.deliveries(status="dead")
        # Where everything starts anew a token may end on its way: that is tried at once.
        assert scene.project.stats(webhook)["failed"] == 0
    finally:
        scene.close()


def test_senders_go_on_with_what_they_hold(server, receiver):
    scene = Scene(tokens=1)
    try:
        scene.project.oauth_webhook(receiver.url("/"), scene.project.credential(server))
        events = scene.project.publish(10)
        receiver.wait_taken("/", events)
        scene.system.kill("tokens0")
        events = scene.project.publish(100)
        receiver.wait_taken("/", events)
        assert server.count == 1
    finally:
        scene.close()


def test_they_wait_for_a_tokens_process_and_go_on(server, receiver):
    """As long as the token lives, then not, then again; none has had to be tried."""
    scene = Scene(tokens=1, settings={"SENDER_TOKEN_WAIT_MS": "300"})
    try:
        project = scene.project
        server.well(expires_in=4)
        webhook = project.oauth_webhook(receiver.url("/"), project.credential(server),
                                        retry={"delaysS": [3600], "jitter": 0})
        events = project.publish(1)
        receiver.wait_taken("/", events)
        scene.system.kill("tokens0")
        def some_wait():
            events.extend(project.publish(5))
            return project.deliveries(status="waiting")
        wait_until(some_wait, 15, "they wait", poll=0.1)
        assert len(receiver.events("/")) > 1, "the token has not been used to its end"
        assert all((d["tries"], d["lastError"]) == (0, "oauth_unavailable")
                   for d in some_wait())
        scene.system.restart("tokens0")
        receiver.wait_taken("/", events, 30)
        wait_until(lambda: project.stats(webhook)["delivered"] == len(events), 10, "counted")
        assert project.stats(webhook)["failed"] == 0
        assert set(receiver.statuses("/")) == {204}
        assert len(receiver.statuses("/")) == len(events), "none is sent twice"
    finally:
        scene.close()


def test_nothing_is_fetched_again_after_the_kill_of_all(server, receiver):
    """Of Redis as well: a token is in its file before anyone has heard that it is kept."""
    scene = Scene(tokens=2, senders=2, settings={"ROUTER_LEASE_MS": "1000"})
    try:
        scene.project.oauth_webhook(receiver.url("/"), scene.project.credential(server))
        events = []
        for _ in range(3):
            events += scene.project.publish(20)
            receiver.wait_taken("/", events, 30)
            wait_until(lambda: scene.system.redis.hlen("pr:{tok}:grant") == 1, 10, "it is kept")
            scene.system.kill_and_restart(*scene.system.services(), "redis")
        assert server.count == 1 and set(receiver.tokens("/")) == {"tok-t-1"}
    finally:
        scene.close()


def test_another_asks_when_one_dies_with_the_question(server, receiver):
    scene = Scene(tokens=2)
    try:
        server.open.clear()
        scene.project.oauth_webhook(receiver.url("/"), scene.project.credential(server))
        event = scene.project.publish_one()
        wait_until(lambda: server.count == 1, 10, "the question is under way")
        # Whichever has it.
        locked = wait_until(lambda: scene.system.redis.keys("pr:{tok}:lock:*"), 5, "it is locked")
        holder = scene.system.redis.get(locked[0]).decode().split()[0]
        scene.system.kill(holder)
        began = time.monotonic()
        wait_until(lambda: server.count == 2, 15, "the other asks")
        assert time.monotonic() - began < 6
        server.open.set()
        receiver.wait_taken("/", [event])
        assert server.count == 2
    finally:
        server.open.set()
        scene.close()


def test_a_lock_is_held_for_as_long_as_the_question_takes(server, receiver):
    """For longer than the lock lives by itself."""
    scene = Scene(tokens=2)
    askers = [Asker(scene.system, f"tokens{i}") for i in range(2)]
    try:
        server.open.clear()
        credential = scene.project.credential(server)
        scene.project.oauth_webhook(receiver.url("/"), credential)
        for asker in askers:
            asker.ask(credential)
        wait_until(lambda: server.count == 1, 10, "the question is under way")
        locks = scene.system.redis.keys("pr:{tok}:lock:*")
        lives = scene.system.redis.pttl(locks[0]) / 1000
        stays(lambda: server.count == 1, lives + 2, "only one asks")
        server.open.set()
        numbers = {asker.answer()[0] for asker in askers}
        assert len(numbers) == 1 and numbers != {0}
        assert server.count == 1
    finally:
        server.open.set()
        for asker in askers:
            asker.close()
        scene.close()


def test_one_that_is_told_to_end_waits_for_its_answer(server, receiver):
    scene = Scene(tokens=1)
    try:
        server.open.clear()
        scene.project.oauth_webhook(receiver.url("/"), scene.project.credential(server))
        event = scene.project.publish_one()
        wait_until(lambda: server.count == 1, 10, "the question is under way")
        process = scene.system.processes["tokens0"]
        process.signal(signal.SIGTERM)
        stays(process.alive, 0.5, "it waits")
        server.open.set()
        assert process.child.wait(10) == 0
        assert scene.system.redis.hlen("pr:{tok}:grant") == 1
        assert not scene.system.redis.keys("pr:{tok}:lock:*")
        scene.system.restart("tokens0")
        receiver.wait_taken("/", [event])
        assert server.count == 1
    finally:
        server.open.set()
        scene.close()


def test_one_that_was_stopped_does_not_undo_what_another_did(server, receiver):
    """SIGSTOP for longer than its lock, with the question under way."""
    scene = Scene(tokens=2, settings={"TOKENS_TIMEOUT_MS": "30000"})
    try:
        server.open.clear()
        scene.project.oauth_webhook(receiver.url("/"), scene.project.credential(server))
        event = scene.project.publish_one()
        wait_until(lambda: server.count == 1, 10, "the question is under way")
        locked = scene.system.redis.keys("pr:{tok}:lock:*")
        holder = scene.system.redis.get(locked[0]).decode().split()[0]
        scene.system.pause(holder)
        wait_until(lambda: server.count == 2, 15, "the other asks")
        server.open.set()
        receiver.wait_taken("/", [event])
        grants = "pr:{tok}:grant"
        kept = wait_until(lambda: scene.system.redis.hvals(grants), 5, "it is kept")
        scene.system.resume(holder)
        admin = f"http://127.0.0.1:{scene.system.admin[holder]}"
        wait_until(lambda: metric(admin, 'tokens_requests_total{result="lost"}') == 1, 10,
                   "it is told that it came too late")
        assert scene.system.redis.hvals(grants) == kept
        more = scene.project.publish(5)
        receiver.wait_taken("/", more)
        scene.system.wait_healthy()
        assert server.count == 2
        assert len(set(receiver.tokens("/"))) == 1
    finally:
        server.open.set()
        scene.close()


def test_what_was_deleted_meanwhile_goes(server, receiver):
    """A token must not stay in Redis because nobody saw its credential go."""
    scene = Scene(tokens=1)
    try:
        project, grants = scene.project, "pr:{tok}:grant"
        kept, gone = project.credential(server), project.credential(server)
        for credential in (kept, gone):
            assert project.api.post(project.credential_path(credential) + "/test").json["ok"]
        wait_until(lambda: scene.system.redis.hlen(grants) == 2, 5, "both are stored")
        scene.system.kill("tokens0")
        assert project.api.delete(project.credential_path(gone)).status == 204
        scene.system.restart("tokens0")
        wait_until(lambda: scene.system.redis.hlen(grants) == 1, 10, "one is left")
        assert project.get_credential(kept)["state"] == "valid"
    finally:
        scene.close()
