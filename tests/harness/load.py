"""A publisher that never stops, and remembers what was acknowledged.

SPDX-License-Identifier: Apache-2.0

    python3 -m harness.load ENDPOINT[,ENDPOINT…] PROJECT[,PROJECT…] RATE PATIENCE FILE

Publishes RATE events a second in batches, a project at a time, each event with an idempotency key. A
batch without an answer for PATIENCE seconds is sent again, to the next endpoint, until it is
acknowledged, as a careful publisher does. Appends "<id> <event name> <project>" to FILE for
each acknowledged event, and counts in FILE.stats. SIGTERM: waits for what is under way.
"""
import json
import os
import signal
import subprocess
import sys
import time

import zmq

BATCH = 20
IN_FLIGHT = 16  # batches
PATIENCE_S = 1.5
CURVE = "LOAD_CURVE"  # the server's key, and the publisher's public and secret one
RARE_EVERY = 23  # not in step with batches and projects


class Load:
    """The load as a child process, for a test."""

    def __init__(self, endpoints, projects, rate, path, patience=PATIENCE_S, curve=None):
        """curve: the server's key, and the publisher's pair."""
        self.path = path
        keys = {CURVE: " ".join(key.decode() for key in curve)} if curve else {}
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.child = subprocess.Popen(
            [sys.executable, "-m", "harness.load", ",".join(endpoints), ",".join(projects),
             str(rate), str(patience), path],
            cwd=here, env={**os.environ, **keys})

    def acknowledged(self, project):
        """{event id: event name}"""
        with open(self.path, encoding="ascii") as f:
            rows = [line.split(" ") for line in f.read().split("\n")[:-1]]
        return {row[0]: row[1] for row in rows if row[2] == project}

    def count(self):
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def stats(self):
        try:
            with open(self.path + ".stats", encoding="ascii") as f:
                return json.load(f)
        except (OSError, ValueError):
            return {"busy": 0, "resent": 0, "refused": 0}

    def stop(self, timeout=60):
        self.child.send_signal(signal.SIGTERM)
        code = self.child.wait(timeout)
        assert code == 0, f"the load ended with {code}"

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()


class _Runner:
    def __init__(self, endpoints, projects, rate, patience, path):
        self.patience = patience
        self.endpoints, self.projects, self.rate = endpoints, projects, rate
        self.file = open(path, "a", encoding="ascii")
        self.path = path
        self.socket, self.turn, self.number, self.tags = None, 0, 0, 0
        self.waiting = {}  # tag -> messages, oldest first
        self.later = []  # (when, messages): those that were told to come again
        self.heard = time.monotonic()
        self.stats = {"busy": 0, "resent": 0, "refused": 0}
        self.stopping = False
        signal.signal(signal.SIGTERM, self.on_term)
        self.connect()

    def on_term(self, *_):
        self.stopping = True

    def connect(self):
        if self.socket:
            self.socket.close()
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self.socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
        if CURVE in os.environ:
            keys = [key.encode() for key in os.environ[CURVE].split()]
            self.socket.curve_serverkey = keys[0]
            self.socket.curve_publickey, self.socket.curve_secretkey = keys[1:]
        self.socket.connect(self.endpoints[self.turn % len(self.endpoints)])
        self.turn += 1
        self.heard = time.monotonic()

    def batch(self):
        messages = []
        project = self.projects[self.tags % len(self.projects)]
        for _ in range(BATCH):
            self.number += 1
            name = "rare" if self.number % RARE_EVERY == 0 else "common"
            messages.append({"project": project, "eventName": name, "email": "a@b",
                             "id": f"{os.getpid()}-{self.number}",
                             "dataFields": {"n": self.number, "text": "x" * 300}})
        return messages

    def send(self, messages):
        self.tags += 1
        tag = str(self.tags).encode()
        self.waiting[tag] = messages
        self.socket.send_multipart([tag, json.dumps(messages).encode()])

    def send_again(self):
        """No answer for too long: a new connection, and everything once more."""
        self.connect()
        waiting, self.waiting = self.waiting, {}
        for messages in waiting.values():
            self.stats["resent"] += 1
            self.send(messages)
        self.write_stats()

    def take_reply(self):
        frames = self.socket.recv_multipart()
        messages = self.waiting.pop(frames[0], None)
        self.heard = time.monotonic()
        if messages is None:
            return
        reply = json.loads(frames[-1])
        if reply["ok"]:
            self.record(reply["ids"], messages)
        elif reply["error"]["code"] == "busy":
            self.stats["busy"] += 1
            self.write_stats()
            pause = min(reply["error"].get("retryAfterMs", 100), 500) / 1000
            self.later.append((time.monotonic() + pause, messages))
        else:
            self.stats["refused"] += 1
            self.write_stats()
            sys.exit(f"refused: {reply}")

    def send_later(self):
        now = time.monotonic()
        due = [messages for when, messages in self.later if when <= now]
        self.later = [(when, messages) for when, messages in self.later if when > now]
        for messages in due:
            if not self.waiting:
                self.heard = now
            self.send(messages)

    def listen(self, seconds):
        """Takes replies for so long, or until the first after that."""
        if self.socket.poll(max(0, int(seconds * 1000))):
            while self.socket.poll(0):
                self.take_reply()
        elif self.waiting and time.monotonic() - self.heard > self.patience:
            self.send_again()

    def record(self, ids, messages):
        self.file.write("".join(f"{i} {m['eventName']} {m['project']}\n"
                                for i, m in zip(ids, messages)))
        self.file.flush()

    def write_stats(self):
        with open(self.path + ".new", "w", encoding="ascii") as f:
            json.dump(self.stats, f)
        os.replace(self.path + ".new", self.path + ".stats")

    def run(self):
        due = time.monotonic()
        while not self.stopping:
            now = time.monotonic()
            self.send_later()
            if now >= due and len(self.waiting) + len(self.later) < IN_FLIGHT:
                if not self.waiting:
                    self.heard = now
                self.send(self.batch())
                due = max(due + BATCH / self.rate, now - 0.5)
            self.listen(due - now if now < due else
                        0.02 if self.waiting or self.later else 0)
        while self.waiting or self.later:
            self.send_later()
            self.listen(0.1)
        self.write_stats()


if __name__ == "__main__":
    _Runner(sys.argv[1].split(","), sys.argv[2].split(","), float(sys.argv[3]),
            float(sys.argv[4]), sys.argv[5]).run()
