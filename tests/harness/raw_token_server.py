"""A token server that breaks the rules of HTTP, byte by byte.

SPDX-License-Identifier: Apache-2.0

What it does with a request is a function of the connection, say(sock); BREAKS has those
that a client has to survive.
"""
import gzip
import json
import socket
import struct
import threading

MIB = 1024 * 1024
GOOD = json.dumps({"access_token": "tok-1", "token_type": "Bearer", "expires_in": 3600}).encode()


def answer(body=GOOD, *headers, status=200):
    """As it should be."""
    lines = [b"HTTP/1.1 %d Said" % status, b"Content-Type: application/json",
             b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class RawTokenServer:
    """Takes one request a connection, and keeps each."""

    def __init__(self):
        self.lock = threading.Lock()
        self.requests = []      # raw
        self.running = self.most = 0
        self.ending = threading.Event()
        self.say = well
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path="/token"):
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def count(self):
        return len(self.requests)

    def _accept(self):
        while True:
            try:
                sock = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            request = self._read(sock)
            with self.lock:
                self.requests.append(request)
                self.running += 1
                self.most = max(self.most, self.running)
            try:
                self.say(self, sock)
            finally:
                with self.lock:
                    self.running -= 1
        except OSError:
            pass
        finally:
            sock.close()

    def _read(self, sock):
        sock.settimeout(20)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more(sock)
        head, _, body = data.partition(b"\r\n\r\n")
        wanted = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length:"))
        while len(body) < wanted:
            body += self._more(sock)
        return head + b"\r\n\r\n" + body

    def _more(self, sock):
        more = sock.recv(65536)
        if not more:
            raise ConnectionError("ended")
        return more

    def close(self):
        self.ending.set()
        self.socket.close()


# ---- what it says ----


def well(_, sock):
    sock.sendall(answer())


def says(*pieces):
    def say(_, sock):
        for piece in pieces:
            sock.sendall(piece)
    return say


def endless(piece, head=b""):
    """As fast as it is taken, until the other hangs up."""
    def say(server, sock):
        sock.sendall(head)
        while not server.ending.is_set():
            sock.sendall(piece)
    return say


def drips(piece, head=b""):
    """Never silent for long enough to be called so, and never done."""
    def say(server, sock):
        sock.sendall(head)
        while not server.ending.wait(0.05):
            sock.sendall(piece)
    return say


def hangs(_, sock):
    """Until the other hangs up."""
    sock.recv(1)


def resets(_, sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"1000\r\n" + b" " * 4096 + b"\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
# 64 MiB that are 64 KiB on their way.
BOMB = gzip.compress(b'{"access_token":"' + b"x" * (64 * MIB) + b'"}')
PACKED = b"Content-Encoding: gzip"

# What the server does -> the reason that is shown.
BREAKS = {
    "hangs": (hangs, "oauth_unavailable"),
    "resets": (resets, "oauth_unavailable"),
    "says-nothing": (says(), "oauth_unavailable"),
    "drips-its-head": (drips(b"X", HEAD), "oauth_unavailable"),
    "drips-its-body": (drips(b" ", HEAD + b"Content-Length: 60000\r\n\r\n"), "oauth_unavailable"),
    "ends-too-early": (says(answer()[:-9]), "oauth_unavailable"),
    "ends-within-chunks": (says(CHUNKED, CHUNK, b"50\r\n" + GOOD), "oauth_unavailable"),
    "a-chunk-without-size": (says(CHUNKED, b"many\r\n" + GOOD), "oauth_unavailable"),
    "a-body-without-end": (endless(CHUNK, CHUNKED), "oauth_bad_answer"),
    "a-head-without-end": (endless(b"X-More: " + b"y" * 1000 + b"\r\n", HEAD),
                           "oauth_unavailable"),
    "a-line-without-end": (endless(b"y" * 4096, HEAD + b"X-Long: "), "oauth_unavailable"),
    "interim-answers-without-end": (endless(b"HTTP/1.1 102 Wait\r\n\r\n"), "oauth_unavailable"),
    "a-bomb": (says(answer(BOMB, PACKED)), "oauth_bad_answer"),
    "packed-badly": (says(answer(BOMB[:10] + b"\xff" * 40, PACKED)), "oauth_unavailable"),
    "another-protocol": (says(b"SSH-2.0-OpenSSH_9.2\r\n" * 9), "oauth_unavailable"),
    "no-head": (says(GOOD), "oauth_unavailable"),
    "a-length-below-zero": (says(HEAD + b"Content-Length: -1\r\n\r\n" + GOOD),
                            "oauth_unavailable"),
    "two-lengths": (says(answer(GOOD, b"Content-Length: 3")), "oauth_bad_answer"),
    "nul-in-its-head": (says(answer(GOOD, b"X-A: a\0b")), "oauth_unavailable"),
    "nul-in-its-body": (says(answer(GOOD.replace(b"tok-1", b"tok\0-1"))), "oauth_bad_answer"),
    "nul-behind-its-body": (says(answer(GOOD + b"\0")), "oauth_bad_answer"),
    "a-token-beyond-ascii": (says(answer(GOOD.replace(b"tok-1", "tök-1".encode()))),
                             "oauth_bad_answer"),
    "a-token-with-a-space": (says(answer(GOOD.replace(b"tok-1", b"tok 1"))), "oauth_bad_answer"),
    "a-token-of-100-kib": (says(answer(GOOD.replace(b"tok-1", b"t" * 102400))),
                           "oauth_bad_answer"),
    "half-a-surrogate": (says(answer(GOOD.replace(b"tok-1", b"\\ud800"))), "oauth_bad_answer"),
    "something-behind": (says(answer(GOOD + GOOD)), "oauth_bad_answer"),
    "upgrade": (says(answer(b"", b"Upgrade: x", b"Connection: upgrade", status=101)),
                "oauth_unavailable"),
}
