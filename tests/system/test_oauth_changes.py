"""OAuth 2.0: how soon a change counts, whose token goes where, and what two processes know
of each other.

SPDX-License-Identifier: Apache-2.0
"""
import concurrent.futures
import threading
import time

from harness.http import metric
from harness.scene import Scene
from harness.token_server import Receiver, TokenServer
from harness.wait import wait_until

SOON_S = 1


def patch(project, where, **fields):
    answer = project.api.patch(where, fields)
    assert answer.status == 200, answer


def wait_uses(project, receiver, path, token):
    """Deliveries from now on have it, and none of them another one again."""
    def uses():
        receiver.wait_taken(path, project.publish(1))
        return receiver.tokens(path)[-1] == token
    wait_until(uses, SOON_S, f"{token!r} is used", poll=0)
    before = len(receiver.tokens(path))
    receiver.wait_taken(path, project.publish(20))
    assert set(receiver.tokens(path)[before:]) == {token}


# ---- within a second ----


def test_a_changed_credential(project, server, receiver, path):
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    for n in (2, 3, 4):
        patch(project, project.credential_path(credential), scope=f"scope-{n}")
        wait_uses(project, receiver, path, f"tok-t-{n}")
        assert ("scope", f"scope-{n}") in server.requests[-1]["form"]
        assert server.count == n


def test_a_deleted_credential(project, server, receiver, path):
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    assert project.api.delete(project.credential_path(credential)).status == 204
    until = time.monotonic() + SOON_S
    def comes_no_more():
        """One by one, so that the last one tells of all that follow."""
        event = project.publish_one()
        return wait_until(lambda: event in receiver.events(path) and "taken" or
                          project.delivery_of(event).get("lastError"), 5, "it ends") != "taken"
    wait_until(comes_no_more, 10, "nothing comes any more", poll=0)
    assert time.monotonic() < until
    taken, more = len(receiver.received), project.publish(20)
    wait_until(lambda: set(more) <= {d["event"] for d in project.deliveries(status="waiting")},
               10, "all of them wait")
    assert {d["lastError"] for d in project.deliveries(status="waiting")} == \
        {"oauth_no_credential"}
    assert len(receiver.received) == taken and server.count == 1


def test_a_webhook_that_takes_another_token_or_none(project, server, receiver, path):
    other = TokenServer("other")
    try:
        receiver.token_server = None
        first, second = project.credential(server), project.credential(other)
        webhook = project.oauth_webhook(receiver.url(path), first)
        wait_uses(project, receiver, path, "tok-t-1")
        where = project.hook_path(webhook)
        for auth, token in (({"type": "oauth2", "credential": second["id"]}, "tok-other-1"),
                            ({"type": "none"}, ""),
                            ({"type": "bearer", "token": "of-its-own"}, "of-its-own"),
                            ({"type": "oauth2", "credential": first["id"]}, "tok-t-1")):
            patch(project, where, auth=auth)
            wait_uses(project, receiver, path, token)
        assert server.count == other.count == 1
    finally:
        other.close()


# ---- whose it is ----


def test_projects_share_nothing(system, project, server, receiver, path):
    """Though both are the same client of the same server."""
    other = system.project()
    other.wait_known()
    try:
        for one, where in ((project, path), (other, "/other" + path)):
            one.oauth_webhook(receiver.url(where), one.credential(server))
        events = [one.publish(30) for one in (project, other)]
        receiver.wait_taken(path, events[0])
        receiver.wait_taken("/other" + path, events[1])
        ours, theirs = set(receiver.tokens(path)), set(receiver.tokens("/other" + path))
        assert len(ours) == len(theirs) == 1 and ours != theirs
        assert server.count == 2
    finally:
        other.close()


class Picky(Receiver):
    """Refuses everything below /picky."""

    def handle(self, handler):
        if handler.path.startswith("/picky"):
            handler.body()
            handler.answer(401)
        else:
            super().handle(handler)


def test_a_receiver_that_refuses_all_spoils_nothing_for_others(project, server, path):
    """Of the same credential: its token is fetched anew for the one, and good for the other."""
    receiver = Picky(server)
    try:
        credential = project.credential(server)
        picky = project.oauth_webhook(receiver.url("/picky" + path), credential,
                                      retry={"delaysS": [0, 0, 0, 1], "jitter": 0})
        good = project.oauth_webhook(receiver.url(path), credential)
        events = []
        for _ in range(10):
            events += project.publish(10)
            receiver.wait_taken(path, events)
        wait_until(lambda: len(project.deliveries(webhook=picky["id"], status="dead")) ==
                   len(events), 30, "the others are dead")
        receiver.wait_taken(path, project.publish(10))
        assert set(receiver.statuses(path)) == {204}
        assert project.stats(good)["failed"] == 0
        # One to begin with, and three at once that a refusal may cause.
        assert server.count <= 4 and server.most == 1
    finally:
        receiver.close()


class Late(Receiver):
    """Answers below /late when it is allowed to."""

    def __init__(self, server):
        self.come, self.open = threading.Semaphore(0), threading.Event()
        super().__init__(server)

    def handle(self, handler):
        if handler.path.startswith("/late") and not self.open.is_set():
            self.come.release()
            self.open.wait(20)
        super().handle(handler)


def test_a_late_refusal_spares_the_next_token(project, server, path):
    receiver = Late(server)
    try:
        credential = project.credential(server)
        project.oauth_webhook(receiver.url(path), credential, eventNames=["early"])
        project.oauth_webhook(receiver.url("/late" + path), credential, eventNames=["late"])
        receiver.wait_taken(path, project.publish(1, eventName="early"))
        late = project.publish_one(eventName="late")
        assert receiver.come.acquire(timeout=10)
        receiver.refused = {"tok-t-1"}
        receiver.wait_taken(path, project.publish(1, eventName="early"))
        assert receiver.tokens(path)[-1] == "tok-t-2" and server.count == 2
        receiver.open.set()
        receiver.wait_taken("/late" + path, [late])
        assert receiver.tokens("/late" + path) == ["tok-t-1", "tok-t-2"]
        receiver.wait_taken(path, project.publish(5, eventName="early"))
        assert server.count == 2 and receiver.tokens(path)[-1] == "tok-t-2"
        assert [(a["attempt"], a["status"]) for a in
                project.wait_status(late, "delivered")["attempts"]] == [(1, 401), (1, 204)]
    finally:
        receiver.open.set()
        receiver.close()


# ---- several processes ----


SENDERS = ("sender0", "sender1", "sender2")


def with_some(scene, name):
    """How many senders have counted any."""
    return sum(metric(f"http://127.0.0.1:{scene.system.admin[s]}", name) > 0 for s in SENDERS)


def test_all_senders_learn_of_one_refusal(server, receiver, path):
    """Each of them holds the token that is refused; one request replaces it for all."""
    scene = Scene(senders=len(SENDERS), tokens=2)
    try:
        project = scene.project
        webhook = project.oauth_webhook(receiver.url(path), project.credential(server))
        def all_have(name):
            receiver.wait_taken(path, project.publish(200))
            return with_some(scene, name) == len(SENDERS)
        wait_until(lambda: all_have("sender_token_hits_total"), 20, "all hold it")
        server.delay = 0.2
        receiver.refused = {"tok-t-1"}
        wait_until(lambda: all_have("sender_token_rejects_total"), 20, "all have been refused")
        receiver.wait_taken(path, project.publish(200))
        assert server.count == 2 and server.most == 1
        assert project.stats(webhook)["failed"] == 0
    finally:
        scene.close()


def test_tests_and_deliveries_ask_one_after_another(project, server, receiver, path):
    server.delay = 0.2
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    events = project.publish(50)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda _: project.system.api.post(
            project.credential_path(credential) + "/test"), range(6)))
    assert all(t.status == 200 and t.json["ok"] for t in told), told
    receiver.wait_taken(path, events)
    assert server.most == 1
    assert server.count <= 4, "who waits for a test has that of another"


def test_a_wrong_secret_is_not_tried_for_every_event(server, path):
    """It would lock the account, at many a server."""
    scene = Scene(senders=2, tokens=2)
    try:
        project = scene.project
        server.ill(401, {"error": "invalid_client"})
        credential = project.credential(server)
        for i in range(3):
            project.oauth_webhook(scene.sink.url(f"{path}/{i}"), credential)
        def goes_on():
            project.publish(50)
            return server.count == 3
        wait_until(goes_on, 40, "it is tried again", poll=0.05)
        times = [r["time"] for r in server.requests]
        # After 5 s, then after 10 s, each a fifth more or less.
        assert times[1] - times[0] >= 4 and times[2] - times[1] >= 8, times
        assert not any(scene.sink.stats(f"{path}/{i}")["requests"] for i in range(3))
    finally:
        scene.close()


def test_a_restart_asks_no_sooner(server, receiver, path):
    """What a token server has said of waiting outlives those who heard it."""
    scene = Scene(tokens=2)
    try:
        server.ill(503, headers=(("Retry-After", "7"),))
        project = scene.project
        project.oauth_webhook(receiver.url(path), project.credential(server))
        event = project.publish_one()
        wait_until(lambda: scene.system.redis.keys("pr:{tok}:grant*"), 10, "it is kept")
        for name in ("tokens0", "tokens1"):
            scene.system.kill(name)
        server.well()
        for name in ("tokens0", "tokens1"):
            scene.system.restart(name)
        scene.system.wait_healthy()
        receiver.wait_taken(path, [event])
        first, second = [r["time"] for r in server.requests]
        assert second - first >= 7
    finally:
        scene.close()
