"""A sender that makes no requests: it answers a router's tasks as it is told.

SPDX-License-Identifier: Apache-2.0
"""
import io
import threading
import time
from collections import namedtuple

import msgpack
import zmq

MAJOR, HELLO, CREDIT, TASK, RESULT = 1, 1, 2, 4, 5
OUTCOMES = {"none": 0, "delivered": 1, "retry": 2, "dead": 3, "gone": 4, "not_started": 5,
            "unauthorized": 6}
ANNOUNCE_S = 0.4
ALLOWANCE = 256
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Task = namedtuple("Task", "task event webhook version attempt start_by_ms body at")


def id_text(prefix, raw):
    number, text = int.from_bytes(raw, "big"), ""
    for _ in range(26):
        number, text = number >> 5, LETTERS[number & 31] + text
    return f"{prefix}_{text}"


def frame(kind, *records):
    head = [MAJOR, kind, len(records), 0, 0]
    return b"".join(msgpack.packb(r) for r in (head, *records))


def result(task=0, outcome="delivered", status=None, retry_after_ms=0, error="", earlier=b""):
    """One record; a time as if it had taken 2 ms."""
    if status is None:
        status = {"delivered": 204, "retry": 500}.get(outcome, 0)
    return [task, OUTCOMES[outcome], status, int(time.time() * 1000), 10, 100, 1000, 2000,
            retry_after_ms, error, b"", b"", earlier]


class FakeSender:
    """Linked to one router. Every task is delivered unless told otherwise."""

    def __init__(self, endpoint, instance="fake"):
        self.endpoint, self.instance = endpoint, instance
        self.lock = threading.Lock()
        self.answers, self.seen, self.kept = {}, [], []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # ---- for tests ----

    def say(self, webhook, **answer):
        """What this webhook's tasks end with from now on, see result()."""
        with self.lock:
            self.answers[webhook["id"]] = answer

    def keep(self, webhook):
        """They stay here until release()."""
        self.say(webhook, keep=True)

    def release(self, **answer):
        """Ends all that were kept."""
        with self.lock:
            ended, self.kept = self.kept, []
            self.released = [(t, answer) for t in ended]
        return len(ended)

    def tasks(self, webhook):
        with self.lock:
            return [t for t in self.seen if t.webhook == webhook["id"]]

    def events(self, webhook):
        """In the order in which they came."""
        return [t.event for t in self.tasks(webhook)]

    def close(self):
        self.ending.set()
        self.thread.join()

    # ---- its thread ----

    released = ()

    def _run(self):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.connect(self.endpoint)
        announced, boot = 0, time.time_ns()
        while not self.ending.is_set():
            if time.monotonic() > announced + ANNOUNCE_S:
                announced = time.monotonic()
                self.socket.send(frame(HELLO, ["sender", self.instance, boot, 2]))
                self.socket.send(frame(CREDIT, [ALLOWANCE]))
            if self.socket.poll(5):
                self._read(self.socket.recv_multipart()[-1])
            self._release()
        self.socket.close()

    def _read(self, raw):
        records = msgpack.Unpacker(io.BytesIO(raw), max_buffer_size=1 << 26)
        head, results = next(records), []
        if head[1] != TASK:
            return
        for r in records:
            task = Task(r[0], id_text("evt", r[1]), id_text("wh", r[2]), *r[3:7],
                        time.monotonic())
            with self.lock:
                self.seen.append(task)
                answer = self.answers.get(task.webhook, {})
                if answer.get("keep"):
                    self.kept.append(task)
                    continue
            results.append(result(task.task, **answer))
        if results:
            self.socket.send(frame(RESULT, *results))

    def _release(self):
        with self.lock:
            ended, self.released = self.released, ()
        if ended:
            self.socket.send(frame(RESULT, *(result(t.task, **a) for t, a in ended)))
