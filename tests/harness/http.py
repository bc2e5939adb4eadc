"""HTTP without surprises: no redirects, no exceptions for a status.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import urllib.parse


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        return f"<{self.status} {self.text[:500]}>"


def request(method, url, body=None, headers=None, timeout=30):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    target = parts.path or "/"
    if parts.query:
        target += "?" + parts.query
    try:
        connection.request(method, target, body, headers or {})
        r = connection.getresponse()
        return Answer(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
    finally:
        connection.close()


def problem(answer, status, code=None, field=None):
    """The answer is a problem of this kind."""
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json["status"] == status and answer.json["code"], answer
    if code:
        assert answer.json["code"] == code, answer
    if field:
        assert answer.json["field"] == field, answer


def metric(base, name):
    """The sum of what begins so on /metrics."""
    text = request("GET", base + "/metrics").text
    return sum(float(line.split()[-1]) for line in text.splitlines()
               if line.startswith("postrider_" + name))


class Api:
    """The REST API with one key."""

    def __init__(self, base, key):
        self.base, self.key = base, key

    def call(self, method, path, document=None, raw=None, headers=None):
        h = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        body = raw
        if document is not None:
            body = json.dumps(document)
        if body is not None:
            h["Content-Type"] = "application/json"
        h.update(headers or {})
        return request(method, self.base + path, body, h)

    def get(self, path, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        return self.call("GET", path)

    def post(self, path, document=None, **more):
        return self.call("POST", path, document, **more)

    def patch(self, path, document, **more):
        return self.call("PATCH", path, document, **more)

    def delete(self, path):
        return self.call("DELETE", path)

    def pages(self, path, limit=200, **query):
        """All items of a list, cursor by cursor."""
        cursor = None
        while True:
            q = dict(query, limit=limit)
            if cursor:
                q["cursor"] = cursor
            answer = self.get(path, **q)
            assert answer.status == 200, answer
            yield from answer.json["data"]
            cursor = answer.json.get("nextCursor")
            if not cursor:
                return
