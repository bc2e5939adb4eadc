"""OAuth 2.0: one request for a token, whoever needs it, and what a 401 does.

SPDX-License-Identifier: Apache-2.0
"""
import time

import pytest

from harness.asker import Asker
from harness.http import metric
from harness.scene import Scene
from harness.token_server import Receiver
from harness.wait import stays, wait_until
from harness.wire import raw_id


def patch(project, credential, **fields):
    answer = project.api.patch(project.credential_path(credential), fields)
    assert answer.status == 200, answer
    return answer.json


def kept(system, credential):
    """Where Redis has something of its tokens."""
    r, raw = system.redis, raw_id(credential["id"])
    return [key for key in r.scan_iter(match="pr:{tok}:*")
            if credential["id"].encode() in key or (r.type(key) == b"hash" and r.hexists(key, raw))]


def test_a_token_is_fetched_once_and_kept(system, project, server, receiver, path):
    credential = project.credential(server, scope="send read", audience="https://api.example",
                                    resource=["https://a.example/", "https://b.example/x?y=1"],
                                    extraParams={"tenant": "Grün & Co"})
    project.oauth_webhook(receiver.url(path), credential)
    events = project.publish(50)
    receiver.wait_taken(path, events)
    assert server.count == 1
    assert set(receiver.tokens(path)) == {"tok-t-1"}
    asked = server.requests[0]
    assert sorted(asked["form"]) == sorted([
        ("grant_type", "client_credentials"), ("scope", "send read"),
        ("audience", "https://api.example"), ("resource", "https://a.example/"),
        ("resource", "https://b.example/x?y=1"), ("tenant", "Grün & Co")])
    assert asked["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert asked["headers"]["authorization"].startswith("Basic ")
    shown = project.get_credential(credential)
    assert shown["state"] == "valid" and shown["lastError"] is None, shown
    assert shown["expiresAt"] > shown["renewAt"] > shown["lastFetchAt"], shown
    assert "tok-t" not in str(shown)


@pytest.mark.parametrize("tokens", [1, 2])
def test_a_cold_cache_makes_one_request(server, path, tokens):
    scene = Scene(senders=4, tokens=tokens)
    try:
        server.delay = 0.2
        credential = scene.project.credential(server)
        scene.project.oauth_webhook(scene.sink.url(path), credential,
                                    limits={"concurrency": 256})
        events = [e for _ in range(4) for e in scene.project.publish(500)]
        wait_until(lambda: scene.sink.stats(path)["requests"] >= len(events), 30,
                   "all have come")
        assert server.count == 1
        asking = [s for s in range(4)
                  if metric(f"http://127.0.0.1:{scene.system.admin[f'sender{s}']}",
                            "sender_token_asks_total") > 0]
        assert len(asking) > 1, "only one sender has asked: that shows nothing"
        stats = scene.project.api.pages(scene.project.path + "/deliveries", status="waiting")
        assert not list(stats)
    finally:
        scene.close()


def test_two_processes_that_are_asked_at_once_make_one_request(server):
    """Senders all ask the same one, so that its lock would never be contended."""
    scene = Scene(senders=0, tokens=2)
    askers = [Asker(scene.system, name) for name in ("tokens0", "tokens1")]
    waiting = [f"http://127.0.0.1:{scene.system.admin[name]}" for name in ("tokens0", "tokens1")]
    try:
        for turn in range(1, 9):
            credential = scene.project.credential(server)
            server.open.clear()
            for asker in askers:
                asker.ask(credential)
            wait_until(lambda n=turn: server.count == n, 5, "one asks")
            wait_until(lambda: sum(metric(w, "tokens_asks_waiting") for w in waiting) == 2, 5,
                       "both are asked")
            server.open.set()
            first, second = [asker.answer() for asker in askers]
            assert first == second and first[0] > 0 and not first[1]
            assert server.count == turn
        assert server.most == 1
    finally:
        server.open.set()
        for asker in askers:
            asker.close()
        scene.close()


def test_a_restart_of_everything_fetches_nothing(server, path):
    scene = Scene(tokens=1)
    try:
        receiver = Receiver(server)
        credential = scene.project.credential(server)
        scene.project.oauth_webhook(receiver.url(path), credential)
        receiver.wait_taken(path, scene.project.publish(5))
        names = scene.system.services()
        for name in names:
            scene.system.processes[name].kill()
        for name in names:
            scene.system.restart(name)
        scene.system.wait_healthy()
        receiver.wait_taken(path, scene.project.publish(5), 30)
        assert server.count == 1
        receiver.close()
    finally:
        scene.close()


def test_tokens_are_renewed_under_load(system, project, receiver, server, path):
    server.well(expires_in=3)
    server.delay = 0.05
    credential = project.credential(server)
    webhook = project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    waited = metric(system.admin_base("sender"), "sender_token_wait_seconds_count")
    events, until = [], time.time() + 9
    while time.time() < until:
        events += project.publish(20)
        receiver.wait_taken(path, events[:-200], 10)
    receiver.wait_taken(path, events)
    assert set(receiver.statuses(path)) == {204}
    # Renewed behind their backs: none of them has waited for it.
    assert metric(system.admin_base("sender"), "sender_token_wait_seconds_count") == waited
    assert server.most == 1
    # Renewed after 70 to 85 of a hundred of three seconds.
    assert 3 <= server.count <= 6, server.count
    assert project.stats(webhook)["failed"] == 0
    assert not project.deliveries(status="waiting")


def test_a_token_is_renewed_without_traffic(system, project, receiver, server, path):
    server.well(expires_in=3)
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    wait_until(lambda: server.count >= 3, 15, "it is renewed by itself")
    receiver.wait_taken(path, project.publish(1))
    assert set(receiver.statuses(path)) == {204}


# ---- 401 ----


def test_a_refused_token_is_fetched_anew_within_the_attempt(project, receiver, server, path):
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    receiver.refused = {"tok-t-1"}
    event = project.publish_one()
    receiver.wait_taken(path, [event])
    assert server.count == 2
    assert receiver.tokens(path) == ["tok-t-1", "tok-t-1", "tok-t-2"]
    delivery = project.wait_status(event, "delivered")
    assert delivery["tries"] == 1
    assert [(a["attempt"], a["status"]) for a in delivery["attempts"]] == [(1, 401), (1, 204)]


def test_many_refusals_of_one_token_fetch_once(project, receiver, server, path):
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    server.delay = 0.3
    receiver.refused = {"tok-t-1"}
    events = project.publish(60)
    receiver.wait_taken(path, events)
    assert server.count == 2, "a newer token was dropped for an older one's sake"


def test_a_receiver_that_always_refuses_makes_no_loop(project, receiver, server, path):
    receiver.refuse_all = True
    credential = project.credential(server)
    webhook = project.oauth_webhook(receiver.url(path), credential,
                                    retry={"delaysS": [0, 0, 1], "jitter": 0})
    events = project.publish(40)
    wait_until(lambda: len(project.deliveries(status="dead")) == len(events), 30, "all are dead")
    # One to begin with, and three at once that a refusal may cause.
    assert 2 <= server.count <= 4, server.count
    assert project.stats(webhook)["delivered"] == 0
    assert all(project.delivery_of(e)["lastStatus"] == 401 for e in events[:3])
    # Where no other is to be had, the one is not sent twice in an attempt.
    other = project.oauth_webhook(receiver.url("/other" + path), credential,
                                  retry={"delaysS": [0, 0, 1], "jitter": 0})
    event, before = project.publish_one(), server.count
    wait_until(lambda: project.delivery_of(event, other["id"])["status"] == "dead", 15, "dead")
    assert [r.status for r in receiver.requests("/other" + path) if r.id == event] == [401] * 4
    assert server.count == before


# ---- changes ----


def test_another_secret_is_used_at_once(project, receiver, server, path):
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    patch(project, credential, clientSecret="another-secret")
    def uses_new():
        project.publish_one()
        return "tok-t-2" in receiver.tokens(path)
    wait_until(uses_new, 5, "a token of the new secret is used")
    assert server.requests[0]["headers"]["authorization"] != \
        server.requests[1]["headers"]["authorization"]
    assert server.count == 2


def test_what_was_asked_with_the_old_secret_is_not_used(project, receiver, server, path):
    """Changed while the token server thinks: it is not asked beside that, and what it says
    then is of no use."""
    server.open.clear()
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    events = project.publish(3)
    wait_until(lambda: server.count == 1, 5, "it is asked")
    patch(project, credential, clientSecret="another-secret")
    stays(lambda: server.count == 1, 0.5, "it is not asked beside the first")
    server.open.set()
    receiver.wait_taken(path, events)
    assert set(receiver.tokens(path)) == {"tok-t-2"}
    assert (server.count, server.most) == (2, 1)
    assert project.get_credential(credential)["state"] == "valid"


def test_a_deleted_credential_is_not_used_any_more(project, receiver, server, path):
    server.ill(503)
    credential = project.credential(server)
    webhook = project.oauth_webhook(receiver.url(path), credential)
    queued = project.publish(5)
    wait_until(lambda: len(project.deliveries(status="waiting")) == 5, 10, "they wait")
    assert project.api.delete(project.credential_path(credential)).status == 204
    server.well()
    before = server.count
    project.publish(1)
    wait_until(lambda: "oauth_no_credential" in
               {d["lastError"] for d in project.deliveries(status="waiting")}, 10, "told why")
    assert server.count == before and not receiver.received
    assert len(project.deliveries(status="waiting")) == 6
    other = project.credential(server)
    answer = project.api.patch(project.hook_path(webhook),
                               {"auth": {"type": "oauth2", "credential": other["id"]}})
    assert answer.status == 200, answer
    receiver.wait_taken(path, queued)


def test_a_token_of_a_deleted_credential_is_forgotten(system, project, receiver, server, path):
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    wait_until(lambda: kept(system, credential), 5, "Redis has it")
    assert project.api.delete(project.credential_path(credential)).status == 204
    def waits():
        project.publish_one()
        return any(d["lastError"] == "oauth_no_credential" for d in project.deliveries())
    wait_until(waits, 5, "it is used no more")
    taken = len(receiver.received)
    project.publish(3)
    wait_until(lambda: len(project.deliveries(status="waiting")) >= 4, 5, "they wait")
    assert len(receiver.received) == taken and server.count == 1
    wait_until(lambda: not kept(system, credential), 5, "Redis has it no more")


def test_a_credential_deleted_while_it_is_asked_for(system, project, receiver, server, path):
    server.open.clear()
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    project.publish(3)
    wait_until(lambda: server.count == 1, 5, "it is asked")
    assert project.api.delete(project.credential_path(credential)).status == 204
    server.open.set()
    wait_until(lambda: [d["lastError"] for d in project.deliveries(status="waiting")] ==
               ["oauth_no_credential"] * 3, 10, "they wait")
    wait_until(lambda: server.answered == 1, 5, "it has answered")
    wait_until(lambda: not kept(system, credential), 5, "Redis has nothing of it")
    assert not receiver.received and server.count == 1


def test_another_is_fetched_when_redis_has_lost_all(system, project, receiver, server, path):
    credential = project.credential(server)
    project.oauth_webhook(receiver.url(path), credential)
    receiver.wait_taken(path, project.publish(1))
    lost = system.redis.keys("pr:{tok}:*")
    assert lost
    system.redis.delete(*lost)
    receiver.refused = {"tok-t-1"}
    receiver.wait_taken(path, project.publish(1))
    assert server.count == 2


def test_one_tells_what_came_of_a_request(project, server):
    credential = project.credential(server)
    test = project.credential_path(credential) + "/test"
    answer = project.api.post(test)
    assert answer.status == 200, answer
    assert answer.json["ok"] and answer.json["accessToken"] == "***", answer
    assert answer.json["expiresIn"] == 3600 and answer.json["expiresAt"]
    server.ill(401, {"error": "invalid_client", "error_description": "who? secret-of-the-client"})
    answer = project.api.post(test)
    assert answer.json == {**answer.json, "ok": False, "status": 401,
                           "error": "oauth_invalid_client", "oauthError": "invalid_client",
                           "errorDescription": "***"}
    # The answer does not wait until it is stored.
    shown = wait_until(lambda: next((c for c in [project.get_credential(credential)]
                                     if c["lastError"]), None), 5, "it is shown")
    assert shown["state"] == "valid"
    assert shown["lastError"]["code"] == "oauth_invalid_client", shown
    assert shown["lastError"]["detail"] == "***"


def test_figures_are_counted(system, project, receiver, server, path):
    def figures():
        tokens, sender = system.admin_base("tokens"), system.admin_base("sender")
        return {"asks": metric(tokens, "tokens_asks_total"),
                "got": metric(tokens, 'tokens_requests_total{result="token"}'),
                "waited": metric(tokens, "tokens_wait_seconds_count"),
                "sender": metric(sender, "sender_token_asks_total"),
                "hits": metric(sender, "sender_token_hits_total")}
    before = figures()
    project.oauth_webhook(receiver.url(path), project.credential(server))
    receiver.wait_taken(path, project.publish(10))
    receiver.wait_taken(path, project.publish(10))
    grown = {name: value - before[name] for name, value in figures().items()}
    assert grown["got"] >= 1 and grown["asks"] >= 1 and grown["waited"] >= 1, grown
    assert grown["sender"] >= 1 and grown["hits"] >= 10, grown
