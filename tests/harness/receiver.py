"""A receiver on an address of choice, with TLS; and a trap that nobody may enter.

SPDX-License-Identifier: Apache-2.0
"""
import http.server
import os
import socket
import ssl
import subprocess
import threading

from .http_server import HttpServer


def certificate(folder, *names):
    """A certificate for these names that signs itself: (certificate, key)."""
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    hosts = ",".join(("IP:" if n[0].isdigit() else "DNS:") + n for n in names)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=tests",
                    "-addext", "subjectAltName=" + hosts, "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return cert, key


class Receiver:
    """Answers 204, or what `answers` has for the path: (status, headers) and, if
    there is one, the body."""

    def __init__(self, address, cert=None, key=None, port=0):
        self.requests, self.answers, self.names = [], {}, []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.requests.append({"method": self.command,
                                          "peer": self.client_address[0], "path": self.path,
                                          "headers": dict(self.headers), "body": body,
                                          "line": self.requestline})
                answers = receiver.answers
                found = answers.get(self.path) or answers.get(self.path.split("?")[0])
                status, headers, *answer = found() if callable(found) else found or (204, {})
                self.send_response(status)
                for name, value in {"Content-Length": str(len(b"".join(answer))), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"".join(answer))

            do_GET = do_PUT = do_PATCH = do_DELETE = do_POST

            def log_message(self, *_):
                pass

        self.base = f"http{'s' if cert else ''}://{address}"
        self.server = HttpServer((address, port), Handler)
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            context.sni_callback = lambda _s, name, _c: self.names.append(name)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.server.start()

    def url(self, path="/"):
        return f"{self.base}:{self.port}{path}"

    def at(self, path):
        return [r for r in self.requests if r["path"].split("?")[0] == path]

    def close(self):
        self.server.stop()


class Trap:
    """Listens where nothing may connect to, and counts what does."""

    def __init__(self, address, port):
        self.entered = 0
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.socket.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return
            self.entered += 1

    def close(self):
        self.socket.close()
