"""A token server that does as it is told, and a receiver that looks at tokens.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

from .http_server import HttpServer
from .wait import wait_until


class _Base:
    """Runs a handler's do(method) in threads of its own."""

    def __init__(self, port=0):
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body go in two writes: not one after the other's answer.
            disable_nagle_algorithm = True

            def do_POST(self):
                outer.handle(self)

            do_GET = do_POST

            def body(self):
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def answer(self, status, body=b"", headers=()):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = HttpServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        self.server.start()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self):
        self.server.stop()


class TokenServer(_Base):
    """Issues "tok-<name>-1", "tok-<name>-2", …, until told otherwise."""

    def __init__(self, name="t", expires_in=3600, port=0):
        self.name = name
        self.requests = []      # {"time", "headers", "form"} of each
        self.running = self.most = self.answered = 0
        self.issued = {}        # token -> time at which it ends
        self.well(expires_in)
        super().__init__(port)

    def well(self, expires_in=3600, **more):
        """more: further members of the answer, or others than usual; None: left out."""
        self.expires_in, self.more = expires_in, more
        self.say = None
        self.delay = 0
        self.open = threading.Event()
        self.open.set()

    def ill(self, status=200, body=b"", headers=(("Content-Type", "application/json"),),
            hang_up=False):
        """Answers so from now on; body: bytes, or what becomes JSON."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.say = (status, body, headers, hang_up)

    @property
    def count(self):
        return len(self.requests)

    def is_valid(self, token):
        return self.issued.get(token, 0) > time.time()

    def handle(self, handler):
        form = urllib.parse.parse_qsl(handler.body().decode(), keep_blank_values=True)
        with self.lock:
            self.requests.append({"time": time.time(), "form": form,
                                  "headers": {k.lower(): v for k, v in handler.headers.items()}})
            self.running += 1
            self.most = max(self.most, self.running)
        self.open.wait(30)
        time.sleep(self.delay)
        # Before the answer: whoever has it may ask again while we are still here.
        with self.lock:
            self.running -= 1
        try:
            self._answer(handler)
        finally:
            with self.lock:
                self.answered += 1

    def _answer(self, handler):
        if not self.say:
            handler.answer(200, json.dumps(self._token()).encode(),
                           [("Content-Type", "application/json")])
            return
        status, body, headers, hang_up = self.say
        if hang_up:
            handler.close_connection = True
        else:
            handler.answer(status, body, headers)

    def _token(self):
        with self.lock:
            token = f"tok-{self.name}-{len(self.issued) + 1}"
            lives = self.expires_in if isinstance(self.expires_in, int) else 3600
            self.issued[token] = time.time() + lives
        found = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in,
                 **self.more}
        return {k: v for k, v in found.items() if v is not None}


Received = collections.namedtuple("Received", "path token status id body")


class Receiver(_Base):
    """Takes what comes with a token that the server has issued and that has not ended,
    and answers 401 to all else."""

    def __init__(self, server=None):
        self.token_server = server
        self.received = []      # Received, of each
        self.refused = set()    # tokens that it does not like
        self.refuse_all = False
        super().__init__()

    def handle(self, handler):
        body = handler.body()
        token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        good = not self.refuse_all and token not in self.refused and \
            (not self.token_server or self.token_server.is_valid(token))
        status = 204 if good else 401
        with self.lock:
            self.received.append(Received(handler.path, token, status,
                                          handler.headers["webhook-id"], body))
        handler.answer(status)

    def requests(self, path):
        return [r for r in list(self.received) if r.path == path]

    def statuses(self, path):
        return [r.status for r in self.requests(path)]

    def tokens(self, path):
        return [r.token for r in self.requests(path)]

    def events(self, path):
        """Of what it took."""
        return {r.id for r in self.requests(path) if r.status == 204}

    def wait_taken(self, path, events, timeout=15):
        wait_until(lambda: set(events) <= self.events(path), timeout,
                   f"{path} has taken {len(events)}")
