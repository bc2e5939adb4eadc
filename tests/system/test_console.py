"""What the console shows of a running system: inbox, tail, status, figures.

SPDX-License-Identifier: Apache-2.0
"""
import json
import socket
import threading

import pytest
import zmq

from harness.http import Api, request
from harness.wait import wait_until


def test_inbox(system, project):
    name = project.id
    project.webhook(f"{system.console_base}/inbox/{name}/deep/er?q=1", headers={"X-A": "b"})
    event = project.publish_one(dataFields={"a": "sample-text"})
    def kept():
        answer = system.api.get(f"/v1/inboxes/{name}")
        return answer.json["data"] if answer.status == 200 else None
    entry = wait_until(kept, 10, "a request in the inbox")[0]
    text = json.dumps(entry, ensure_ascii=False)
    assert event in text and "deep/er" in text and "sample-text" in text
    assert entry["method"] == "POST"
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = request(method, f"{system.console_base}/inbox/{name}/x", body=b"raw \xff")
        assert answer.status // 100 == 2, answer
    wait_until(lambda: len(kept() or []) == 5, 5, "five requests")
    for i in range(120):
        request("POST", f"{system.console_base}/inbox/{name}", body=str(i).encode())
    wait_until(lambda: len(kept()) == 100, 5, "the newest hundred")
    assert system.api.delete(f"/v1/inboxes/{name}").status == 204
    assert not kept()


def test_inbox_needs_a_key_to_read(system):
    assert Api(system.console_base, None).get("/v1/inboxes/any").status == 401


class Events:
    """A reader of server-sent events on a thread."""

    def __init__(self, system, path, key):
        self.socket = socket.create_connection(("127.0.0.1", system.ports["console"]), 10)
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n"
                             f"Authorization: Bearer {key}\r\n\r\n").encode())
        self.text = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            while True:
                part = self.socket.recv(65536)
                if not part:
                    return
                self.text += part
        except OSError:
            return

    def close(self):
        self.socket.close()


def test_tail(system, sink, project, path):
    project.webhook(sink.url(path))
    events = Events(system, project.path + "/tail", system.api.key)
    wait_until(lambda: b"\r\n\r\n" in events.text, 5, "the head of the stream")
    assert b"200" in events.text and b"text/event-stream" in events.text
    def seen():
        event = project.publish_one()
        try:
            wait_until(lambda: event.encode() in events.text, 1)
        except AssertionError:
            return False
        return True
    wait_until(seen, 10, "an attempt on the stream")
    assert b"data:" in events.text
    events.close()
    project.publish()


def test_many_tails_that_go_away(system, project, sink, path):
    project.webhook(sink.url(path))
    streams = [Events(system, project.path + "/tail", system.api.key) for _ in range(20)]
    wait_until(lambda: all(b"\r\n\r\n" in s.text for s in streams), 10, "twenty streams")
    project.publish(50)
    for s in streams:
        s.close()
    project.publish(50)
    wait_until(lambda: len(sink.ok_ids(path)) == 100, 10, "all arrive")
    assert system.api.get(project.path).status == 200


def test_status(system):
    document = system.api.get("/v1/status")
    assert document.status == 200
    def all_there():
        text = system.api.get("/v1/status").text
        return all(s in text for s in ("ingest", "router", "sender", "console"))
    wait_until(all_there, 5, "every process is in the status")


@pytest.mark.parametrize("service", ["ingest", "router", "sender", "console"])
def test_health_and_metrics(system, service):
    base = system.admin_base(service)
    health = request("GET", base + "/healthz")
    assert health.status == 200, health
    metrics = request("GET", base + "/metrics")
    assert metrics.status == 200 and metrics.headers["content-type"].startswith("text/plain")
    names = set()
    for line in metrics.text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            float(value)
            names.add(name.split("{")[0])
    assert names and all(n.startswith(("postrider_", "process_")) for n in names), names
    assert request("GET", base + "/nothing").status == 404


def test_metrics_count(system, sink, project, path):
    project.webhook(sink.url(path))
    def total():
        text = request("GET", system.admin_base("ingest") + "/metrics").text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if "ingest_events_total" in line and not line.startswith("#"))
    before = total()
    project.publish(10)
    assert total() >= before + 10


def test_feed(system, sink, project, path):
    feed = zmq.Context.instance().socket(zmq.SUB)
    feed.connect(system.settings["ROUTER_FEED_BIND"])
    feed.setsockopt(zmq.SUBSCRIBE, b"attempt." + project.id.encode())
    project.webhook(sink.url(path))
    def heard():
        project.publish()
        return feed.poll(200) and feed.recv_multipart()
    frames = wait_until(heard, 10, "an attempt on the feed")
    assert frames[0] == b"attempt." + project.id.encode() and len(frames) == 2
    feed.close(linger=0)
