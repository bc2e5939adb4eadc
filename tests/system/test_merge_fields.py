"""Merge fields in a system webhook's URL: what is sent, and what is refused.

SPDX-License-Identifier: Apache-2.0
"""
import socket
import threading
import urllib.parse

import pytest

from harness.http import problem
from harness.wait import wait_until


@pytest.fixture
def raw():
    """A receiver that keeps the bytes of every request's head as they come."""
    class Raw:
        def __init__(self):
            self.heads = []
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
            threading.Thread(target=self.serve, daemon=True).start()

        def serve(self):
            while True:
                try:
                    connection = self.listener.accept()[0]
                except OSError:
                    return
                with connection:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        more = connection.recv(65536)
                        if not more:
                            break
                        head += more
                    self.heads.append(head.partition(b"\r\n\r\n")[0])
                    connection.sendall(b"HTTP/1.1 204 No\r\nConnection: close\r\n\r\n")
    made = Raw()
    yield made
    made.listener.close()


def target_of(sink, where):
    return wait_until(lambda: [r.target for r in sink.requests() if r.target.startswith(where)],
                      10, f"a request to {where}")[0]


def test_fields_are_filled_in(sink, project, path):
    project.webhook(sink.url(path) + "/{{user.plan}}?c={{campaignId}}&n={{campaignName}}"
                    "&x={{gone}}&l={{listIds}}&b={{flag}}")
    project.publish_one(dataFields={"campaignId": 42, "campaignName": "Spring & \u00e9t\u00e9/2",
                                    "user": {"plan": "gold"}, "listIds": [1], "flag": False})
    assert target_of(sink, path) == \
        path + "/gold?c=42&n=Spring%20%26%20%C3%A9t%C3%A9%2F2&x=&l=&b=false"


def test_each_event_has_its_own(sink, project, path):
    """Over connections and handles that are used again and again."""
    project.webhook(sink.url(path) + "/{{n}}")
    project.webhook(sink.url(path) + "/plain")
    events = {project.publish_one(dataFields={"n": i}): f"{path}/{i}" for i in range(20)}
    def all_there():
        return {r.id: r.path for r in sink.receipts() if r.path.startswith(path)
                and not r.path.endswith("plain")} == events
    wait_until(all_there, 10, "each event at its own path")
    wait_until(lambda: sink.ids(path + "/plain") == set(events), 10, "the other webhook's")


HOSTILE = ["a\r\nX-Evil: 1\r\n\r\nGET / HTTP/1.1", "\0", "%0d%0aX: y", "@evil.example/",
           "//evil.example/", "http://evil.example/", "?q#f", "\\\\evil", "{{n}}", "\u2028\U0001f600"]


def test_a_value_is_only_a_value(raw, project):
    project.webhook(raw.base + "/a/{{v}}/b?c={{v}}", signing={"enabled": False})
    for i, value in enumerate(HOSTILE):
        project.publish_one(dataFields={"v": value})
        wait_until(lambda n=i: len(raw.heads) > n, 10, repr(value))
        lines = raw.heads[i].decode("ascii").split("\r\n")
        encoded = urllib.parse.quote(value, safe="")
        assert lines[0] == f"POST /a/{encoded}/b?c={encoded} HTTP/1.1", lines
        assert f"Host: {raw.base[7:]}" in lines
        assert not any(line.lower().startswith("x") for line in lines)


@pytest.mark.parametrize("value", ["..", ".", "x" * 8200], ids=["up", "here", "long"])
def test_what_would_climb_or_is_too_long_is_dead(sink, project, path, value):
    project.webhook(sink.url(path) + "/{{v}}/b")
    bad = project.publish_one(dataFields={"v": value})
    found = project.wait_status(bad, "dead")
    assert found["lastError"] == "url_refused" and len(found["attempts"]) == 1, found
    good = project.publish_one(dataFields={"v": "..."})
    project.wait_status(good, "delivered")
    assert {r.path for r in sink.receipts() if r.path.startswith(path)} == {path + "/.../b"}


BAD = ["https://{{h}}.example/", "https://a.example{{p}}", "https://a.example:{{p}}/",
       "https://{{u}}@a.example/", "{{s}}://a.example/", "https://a.example/{{a", "https://a.example/a}}",
       "https://a.example/{{}}", "https://a.example/{{{a}}}", "https://a.example/{{ a }}",
       "https://a.example/{{a..b}}", "https://a.example/../{{a}}"]


@pytest.mark.parametrize("url", BAD)
def test_bad_urls(project, url):
    document = {"name": "m", "kind": "system", "url": url, "eventNames": ["*"]}
    problem(project.api.post(project.path + "/webhooks", document), 400, code="invalid",
            field="url")


def test_not_with_batches(project):
    document = {"name": "m", "kind": "system", "url": "https://a.example/{{a}}",
                "eventNames": ["*"], "batch": {"maxEvents": 10, "maxWaitMs": 100}}
    problem(project.api.post(project.path + "/webhooks", document), 400, field="batch")
    del document["batch"]
    made = project.api.post(project.path + "/webhooks", document)
    assert made.status == 201 and made.json["url"] == document["url"]
    problem(project.api.patch(f"{project.path}/webhooks/{made.json['id']}",
                              {"batch": {"maxEvents": 10}}), 400, field="batch")
