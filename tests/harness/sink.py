"""hook_sink: the receiver that misbehaves on demand.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import collections
import itertools
import json
import os
import urllib.parse

from .http import request
from .process import Process, binary

Receipt = collections.namedtuple("Receipt", "id path count ok first_us last_us first_ok_us")


class Request:
    """One request as the receiver saw it."""

    def __init__(self, kept):
        self.us = kept["us"]
        self.head = base64.b64decode(kept["head"]).decode("latin-1")
        self.body = base64.b64decode(kept["body"])
        lines = self.head.split("\r\n")
        self.method, self.target = lines[0].split(" ")[:2]
        self.header_lines = [tuple(x.split(": ", 1)) for x in lines[1:] if ": " in x]
        self.headers = {k.lower(): v for k, v in self.header_lines}

    @property
    def raw_headers(self):
        """Also those without a value; in UTF-8."""
        lines = self.head.encode("latin-1").decode().split("\r\n")[1:]
        return {name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines)}

    @property
    def json(self):
        return json.loads(self.body)


class Sink:
    numbers = itertools.count(1)  # for the log: each begins its own

    def __init__(self, folder, *flags, name="sink", host="127.0.0.1"):
        self.process = Process(name, [binary("hook_sink"), "--keep", "2000", "--host", host, *flags],
                               dict(os.environ), os.path.join(folder, f"{name}-{next(self.numbers)}.log"))
        line = self.process.wait_for_line("ready port=")
        self.base = f"http://{host}:" + line.split("port=")[1]

    def url(self, path="/"):
        return self.base + path

    def _call(self, method, where, **query):
        answer = request(method, self.base + where + "?" + urllib.parse.urlencode(query),
                         timeout=60)
        assert answer.status == 200, answer
        return answer

    def behave(self, path=None, **options):
        """behave("/a", status=503, every=3); without options: answers 204 again."""
        query = {k.replace("_", "-"): v for k, v in options.items()}
        if path:
            query["path"] = path
        self._call("PUT" if options else "DELETE", "/_control", **query)

    def release(self):
        return int(self._call("PUT", "/_release").text)

    def stats(self, path=None):
        return self._call("GET", "/_stats", **({"path": path} if path else {})).json

    def receipts(self, path=None):
        """[Receipt], one for each webhook-id and path."""
        text = self._call("GET", "/_ids", **({"path": path} if path else {})).text
        found = []
        for line in text.splitlines():
            name, where, *numbers = line.split(" ")
            found.append(Receipt(name, where, *map(int, numbers)))
        return found

    def ids(self, path=None):
        return {r.id for r in self.receipts(path)}

    def ok_ids(self, path=None):
        return {r.id for r in self.receipts(path) if r.ok}

    def requests(self, path=None):
        return [Request(k) for k in
                self._call("GET", "/_requests", **({"path": path} if path else {})).json]

    def clear(self):
        self._call("DELETE", "/_ids")

    def stop(self):
        self.process.stop()
