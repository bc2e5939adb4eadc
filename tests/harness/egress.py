"""A system whose senders ask a name server of the test's own.

Without --dev, and with one loopback address allowed. Traps listen where a rebinding
would lead.

SPDX-License-Identifier: Apache-2.0
"""
import itertools

from .dns import Dns
from .process import free_port
from .receiver import Receiver, Trap, certificate
from .system import Parts
from .wait import wait_until

GOOD, BAD = "127.0.0.9", "127.0.0.1"
DOMAIN = "hooks.test"


class World:
    """A system, a good receiver, traps on the same port, and the names."""

    def __init__(self, folder, tokens=0, **settings):
        self.cert, key = certificate(folder, "*." + DOMAIN, GOOD)
        # The traps need the same port: not one that the kernel gives to connections.
        self.port = free_port()
        self.good = Receiver(GOOD, self.cert, key, self.port)
        self.plain = Receiver(GOOD)
        self.traps = [Trap(a, self.port) for a in (BAD, "127.0.0.2", "::1")]
        self.dns = Dns(folder)
        self.numbers = itertools.count(1)
        self.parts = Parts(tokens=tokens, wrap_sender=self.dns.wrap, settings={
            "DEV": "false", "ALLOW_NETS": GOOD, "SENDER_CA_FILE": self.cert,
            "TOKENS_CA_FILE": self.cert, **settings})
        self.project = self.parts.project("egress")
        self.project.wait_known()

    def name(self, *answers, delay=0):
        name = f"n{next(self.numbers)}.{DOMAIN}"
        self.dns.set(name, *answers, delay=delay)
        return name

    def hook(self, host, path="/", port=None, **fields):
        number = next(self.numbers)
        fields.setdefault("eventNames", [f"e{number}"])
        return self.project.webhook(f"https://{host}:{port or self.port}{path}", wait=False,
                                    name=f"w{number}", **fields)

    def attempts(self, hook, at_least=1, timeout=20):
        """Publishes now and then until the webhook takes part; its first delivery's
        attempts."""
        turns = itertools.count()
        def tried():
            found = self.project.deliveries(webhook=hook["id"])
            if not found and next(turns) % 10 == 0:
                self.project.publish(eventName=hook["eventNames"][0])
            for d in found:
                full = self.project.api.get(f"{self.project.path}/deliveries/{d['id']}").json
                if len(full.get("attempts", [])) >= at_least:
                    return full["attempts"]
            return None
        return wait_until(tried, timeout, f"{hook['url']} was tried", poll=0.05)

    def attempts_of(self, event, at_least=1):
        """Of an event that one known webhook wants."""
        def tried():
            found = self.project.delivery_of(event, timeout=15).get("attempts", [])
            return found if len(found) >= at_least else None
        return wait_until(tried, 20, f"{event} was tried", poll=0.05)

    def error(self, hook, **options):
        return self.attempts(hook, **options)[-1].get("error")

    def restart_sender(self):
        self.parts.processes["sender0"].stop()
        self.parts.restart("sender0")
        self.parts.wait_healthy(["sender0"])

    def entered(self):
        return [trap.entered for trap in self.traps]

    def close(self):
        self.project.close()
        self.parts.close()
        self.dns.close()
        self.good.close()
        self.plain.close()
        for trap in self.traps:
            trap.close()


def delivered(attempt):
    return attempt["status"] == 204 and not attempt.get("error")
