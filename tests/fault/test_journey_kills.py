"""Journeys while everything is killed: no call is lost, none uses what is not there.

SPDX-License-Identifier: Apache-2.0

Each path reads a profile, reads live data, and posts a body made of both; then it ends.
Whatever is killed in between, the body must hold what the two steps in front of it have
brought, and nothing of the path may be left in Redis.
"""
import json

import pytest

from harness.journey import Engine, answer
from harness.publisher import NoReply
from harness.scene import Scene
from harness.wait import wait_until

PATHS = 60
OFTEN = {"delaysS": [1] * 32, "jitter": 0.2}
BODY = '{"path":"{{pathId}}","tier":"{{loyaltyTier}}","sky":"{{liveData.weather.sky}}"}'
KILLS = {10: ["sender0"], 20: ["router0"], 30: ["ingest0"], 40: ["router1", "sender1"],
         50: ["redis"]}


@pytest.fixture
def scene():
    made = Scene(routers=2, senders=2, settings={"ROUTER_LEASE_MS": "1000",
                                                 "ROUTER_STRAGGLER_MS": "500"})
    made.engine = Engine(made.project)
    yield made
    made.engine.close()
    made.close()


def hooks(engine):
    """Every fifth answer is a failure, so that much waits for its retry."""
    numbers = {"/profile": 0, "/weather": 0, "/post": 0}

    def now_and_then(path, good):
        def give():
            numbers[path] += 1
            return (503, {}) if numbers[path] % 5 == 0 else good
        return give
    engine.receiver.answers["/profile"] = now_and_then("/profile", answer({"tier": "gold"}))
    engine.receiver.answers["/weather"] = now_and_then("/weather", answer({"sky": "clear"}))
    engine.receiver.answers["/post"] = now_and_then("/post", (204, {}))
    return [
        engine.webhook("/profile", method="GET", retry=OFTEN,
                       capture={"profileFields": {"loyaltyTier": "$.tier"}}),
        engine.webhook("/weather", method="GET", retry=OFTEN,
                       dataRetrieval={"enabled": True, "name": "weather"}),
        engine.webhook("/post", body=BODY, retry=OFTEN)]


def publish(engine, number, webhooks):
    """One path's three calls and its exit; sent again until they are acknowledged."""
    path, user = f"path-{number}", f"user-{number}"
    tiles = ("userProfile", "liveData", "webhook")
    batch = [engine.message(w, path, tile=t, userId=user, email=f"{user}@example.com",
                            id=f"{path}-{t}") for w, t in zip(webhooks, tiles)]
    batch.append({"op": "journeyExit", "project": engine.project.id, "pathId": path,
                  "id": f"{path}-exit"})

    def accepted():
        try:
            reply = engine.project.publisher.send(batch, timeout=3)
        except NoReply:
            return None
        return reply["ids"] if reply["ok"] else None
    return wait_until(accepted, 30, f"{path} is acknowledged")


def left_over(system):
    return system.kept("log", "held", "due", "delivery", "event", "chains", "chain:*",
                       "backlog:*", "path:*")


def test_no_step_is_lost(scene):
    webhooks = hooks(scene.engine)
    posts = {}
    for number in range(PATHS):
        posts[f"path-{number}"] = publish(scene.engine, number, webhooks)[2]
        for name in KILLS.get(number, ()):
            if name in scene.system.processes:
                scene.system.kill(name)
                scene.system.restart(name)

    def received():
        return {r["headers"]["webhook-id"] for r in scene.engine.receiver.at("/post")}
    wait_until(lambda: set(posts.values()) <= received(), 120, "every path has posted", poll=0.5)
    wait_until(lambda: left_over(scene.system) == {}, 60, "nothing is left in Redis", poll=0.3)
    for request in scene.engine.receiver.at("/post"):
        body = json.loads(request["body"])
        assert (body["tier"], body["sky"]) == ("gold", "clear"), body
    for number in range(PATHS):
        assert scene.engine.profile(f"user-{number}") == {"loyaltyTier": "gold"}
