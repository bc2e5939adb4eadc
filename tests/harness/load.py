"""A publisher that never stops, and remembers what was acknowledged.

SPDX-License-Identifier: Apache-2.0

    python3 -m harness.load ENDPOINT[,ENDPOINT…] PROJECT RATE FILE

Publishes RATE events a second in batches, each event with an idempotency key. A
batch without an answer is sent again, to the next endpoint, until it is
acknowledged, as a careful publisher does. Appends "<id> <event name>" to FILE for
each acknowledged event, and counts in FILE.stats. SIGTERM: one last batch, exit 0.
"""
import json
import os
import signal
import subprocess
import sys
import time

import zmq

BATCH = 20
REPLY_MS = 1500
RARE_EVERY = 25


class Load:
    """The load as a child process, for a test."""

    def __init__(self, endpoints, project, rate, path):
        self.path = path
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.child = subprocess.Popen(
            [sys.executable, "-m", "harness.load", ",".join(endpoints), project, str(rate), path],
            cwd=here)

    def acknowledged(self):
        """{event id: event name}"""
        if not os.path.exists(self.path):
            return {}
        with open(self.path, encoding="ascii") as f:
            lines = f.read().split("\n")[:-1]
        return dict(line.split(" ") for line in lines)

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
    def __init__(self, endpoints, project, rate, path):
        self.endpoints, self.project, self.rate = endpoints, project, rate
        self.file = open(path, "a", encoding="ascii")
        self.path = path
        self.socket, self.turn, self.number = None, 0, 0
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
        self.socket.connect(self.endpoints[self.turn % len(self.endpoints)])
        self.turn += 1

    def batch(self):
        messages = []
        for _ in range(BATCH):
            self.number += 1
            name = "rare" if self.number % RARE_EVERY == 0 else "common"
            messages.append({"project": self.project, "eventName": name, "email": "a@b",
                             "id": f"{os.getpid()}-{self.number}",
                             "dataFields": {"n": self.number, "text": "x" * 300}})
        return messages

    def reply_to(self, tag):
        """The reply to this very send, None if there is none in time."""
        end = time.monotonic() + REPLY_MS / 1000
        while True:
            left = int((end - time.monotonic()) * 1000)
            if left <= 0 or not self.socket.poll(left):
                return None
            frames = self.socket.recv_multipart()
            if frames[0] == tag:
                return json.loads(frames[-1])

    def deliver(self, messages):
        raw, tries = json.dumps(messages).encode(), 0
        while True:
            tries += 1
            tag = f"{self.number}.{tries}".encode()
            self.socket.send_multipart([tag, raw])
            reply = self.reply_to(tag)
            if reply is None:
                self.stats["resent"] += 1
                self.connect()
            elif reply["ok"]:
                self.record(reply["ids"], messages)
                return
            elif reply["error"]["code"] == "busy":
                self.stats["busy"] += 1
                self.write_stats()
                self.socket.poll(min(reply["error"].get("retryAfterMs", 100), 500))
            else:
                self.stats["refused"] += 1
                self.write_stats()
                sys.exit(f"refused: {reply}")

    def record(self, ids, messages):
        self.file.write("".join(f"{i} {m['eventName']}\n" for i, m in zip(ids, messages)))
        self.file.flush()

    def write_stats(self):
        with open(self.path + ".stats", "w", encoding="ascii") as f:
            json.dump(self.stats, f)

    def run(self):
        due = time.monotonic()
        while not self.stopping:
            self.deliver(self.batch())
            due = max(due + BATCH / self.rate, time.monotonic() - 1)
            pause = due - time.monotonic()
            if pause > 0:
                self.socket.poll(int(pause * 1000))
        self.write_stats()


if __name__ == "__main__":
    _Runner(sys.argv[1].split(","), sys.argv[2], float(sys.argv[3]), sys.argv[4]).run()
