"""A journey engine of the tests: its webhooks, its calls, and what they bring.

SPDX-License-Identifier: Apache-2.0
"""
import itertools
import json

from .publisher import decode, encode
from .receiver import Receiver
from .wait import wait_until

SOON = {"delaysS": [1] * 8, "jitter": 0}


def answer(value, status=200):
    """What a receiver answers, as JSON."""
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class Engine:
    """Calls of one project; a receiver of its own that answers what `answers` has."""

    def __init__(self, project, address="127.0.0.1"):
        self.project, self.receiver = project, Receiver(address)
        self.numbers = itertools.count(1)
        self.waiting = []

    def webhook(self, path, **fields):
        document = {"kind": "journey", "name": f"step{next(self.numbers)}",
                    "url": self.receiver.url(path), "method": "POST",
                    "retry": SOON, **fields}
        made = self.project.api.post(self.project.path + "/webhooks", document)
        assert made.status == 201, made
        self.project.system.wait_config()
        self.known(made.json)
        return made.json

    def known(self, webhook):
        """Until ingest takes calls of it: asked with one that it refuses in any case."""
        probe = [self.message(webhook), {"op": "journeyExit", "project": self.project.id}]

        def refused():
            error = self.project.publisher.send(probe)["error"]
            return error["index"] == 1
        wait_until(refused, 5, "ingest knows the webhook")

    def message(self, webhook, path="path-1", **fields):
        name = webhook if isinstance(webhook, str) else webhook["id"]
        return {"op": "journeyCall", "project": self.project.id, "webhook": name,
                "journeyId": "welcome", "pathId": path, "email": "ada@example.com", **fields}

    def call(self, webhook, path="path-1", packed=False, **fields):
        reply = self.project.publisher.send(self.message(webhook, path, **fields), packed)
        assert reply["ok"], reply
        return reply["ids"][0]

    def exit(self, path="path-1"):
        reply = self.project.publisher.send(
            {"op": "journeyExit", "project": self.project.id, "pathId": path})
        assert reply["ok"], reply
        return reply["ids"][0]

    def call_and_wait(self, webhook, path="path-1", packed=False, timeout=15, **fields):
        """The second message of a call whose result is wanted."""
        publisher = self.project.publisher
        message = self.message(webhook, path, reply="result", **fields)
        publisher.send_frames([b"corr", encode(message, packed)])
        front, reply = publisher.receive_frames(timeout)
        reply = decode(reply)
        assert front == b"corr" and reply["ok"], reply
        front, result = publisher.receive_frames(timeout)
        assert front == b"corr" and (result[:1] == b"{") != packed
        result = decode(result)
        assert result["id"] == reply["ids"][0], result
        return result

    def delivered(self, event, timeout=15):
        return wait_until(lambda: self._ended(event, "delivered"), timeout,
                          f"{event} is delivered", poll=0.05)

    def _ended(self, event, status):
        return next((d for d in self.project.deliveries(status=status)
                     if d["event"] == event), None)

    def dead(self, event, timeout=15):
        return wait_until(lambda: self._ended(event, "dead"), timeout, f"{event} is dead",
                          poll=0.05)

    def profile(self, user):
        got = self.project.api.get(f"{self.project.path}/profiles/{user}")
        return got.json["fields"] if got.status == 200 else None

    def live_data(self, path):
        got = self.project.api.get(f"{self.project.path}/paths/{path}")
        return got.json["liveData"] if got.status == 200 else None

    def bodies(self, path):
        return [json.loads(r["body"]) for r in self.receiver.at(path)]

    def close(self):
        self.receiver.close()
