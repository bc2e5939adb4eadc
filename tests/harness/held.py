"""A system whose only sender is a fake: for what comes of tasks that no receiver has a
part in.

SPDX-License-Identifier: Apache-2.0
"""
import json

from .fake_sender import FakeSender
from .system import Parts
from .wait import Timeout, wait_until

NO_TOKEN = {"outcome": "unauthorized", "error": "oauth_invalid_client"}


class HeldScene:
    def __init__(self, **settings):
        self.system = Parts(senders=0, settings={"ROUTER_LEASE_MS": "1000", **settings})
        env = self.system.processes["router0"].env
        self.sender = FakeSender(env["POSTRIDER_ROUTER_SENDER_BIND"])
        self.project = self.system.project("scene")
        self.project.wait_known()

    def close(self):
        self.sender.close()
        self.project.close()
        self.system.kill_all()
        self.system.remove()

    def hook(self, **fields):
        """A webhook whose deliveries have been seen to arrive."""
        made = self.project.webhook("http://127.0.0.1:9/", wait=False, **fields)
        self.wait_known(made)
        wait_until(lambda: self.project.stats(made)["delivered"] == len(self.bodies(made)), 5,
                   "they are counted")
        return made

    def bodies(self, webhook, first=0):
        """Of what has been handed out, each of a batch by itself."""
        found = [json.loads(t.body) for t in self.sender.tasks(webhook)[first:]]
        return [one for body in found for one in (body if isinstance(body, list) else [body])]

    def wait_known(self, webhook, version=0):
        """Until its tasks come, for this version of it."""
        def comes():
            fields = {"known": next(self.system.numbers)}
            self.project.publish_one(dataFields=fields)
            def has_come():
                return any(b["dataFields"] == fields for b in self.bodies(webhook)) and \
                    self.sender.tasks(webhook)[-1].version >= version
            try:
                return wait_until(has_come, 1)
            except Timeout:
                return False
        wait_until(comes, 15, "it is known")

    def held(self, retry_after_ms=60000, **fields):
        """One for which there is no token."""
        made = self.hook(**fields)
        self.sender.say(made, **NO_TOKEN, retry_after_ms=retry_after_ms)
        return made

    def patch(self, webhook, **fields):
        answer = self.project.api.patch(self.project.hook_path(webhook), fields)
        assert answer.status == 200, answer
        return answer.json

    def waiting(self, webhook):
        return self.project.deliveries(webhook=webhook["id"], status="waiting")

    def wait_waiting(self, webhook, events, timeout=10):
        events = set(events)
        wait_until(lambda: {d["event"] for d in self.waiting(webhook)} == events, timeout,
                   "all wait")

    def wait_delivered(self, webhook, events, timeout=10):
        """All of them have ended, and each had been handed out."""
        events = set(events)
        wait_until(lambda: events <= set(self.sender.events(webhook)) and
                   not self.unfinished(webhook), timeout, "all are delivered")

    def unfinished(self, webhook):
        return [d for d in self.project.deliveries(webhook=webhook["id"])
                if d["status"] != "delivered"]

    def attempts(self, webhook, event):
        """As the attempts of its delivery are listed."""
        return self.project.delivery_of(event, webhook["id"])["attempts"]

    def metric(self, name, router="router0"):
        from .http import request
        text = request("GET", f"http://127.0.0.1:{self.system.admin[router]}/metrics").text
        return next(float(line.split()[-1]) for line in text.splitlines()
                    if line.startswith(f"postrider_router_{name} "))

    def take_token_of(self, webhook, credential, version=99):
        """As the API would write it."""
        stored = json.loads(self.system.redis.hget("pr:{cfg}:webhook", webhook["id"]))
        stored.update(auth={"type": "oauth2", "credential": credential}, version=version)
        self.put_config("webhook", stored)
        self.wait_known(webhook, version)

    def change(self, credential, version):
        self.put_config("credential", {"id": credential, "project": self.project.id,
                                       "version": version})

    def make_due(self):
        """All that wait for their time, at once."""
        for key in self.system.redis.keys("pr:{p*}:due"):
            for member in self.system.redis.zrange(key, 0, -1):
                self.system.redis.zadd(key, {member: 1}, xx=True)

    def put_config(self, kind, document):
        """As another program would write it."""
        r = self.system.redis
        r.hset("pr:{cfg}:" + kind, document["id"], json.dumps(document))
        version = r.incr("pr:{cfg}:version")
        r.publish("pr:{cfg}:changed", f"{version} {kind} {document['id']}")
