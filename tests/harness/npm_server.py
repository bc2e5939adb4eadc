"""Token servers that others wrote, from npm: see oauth_server.mjs.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import subprocess
import threading

HERE = os.path.dirname(os.path.abspath(__file__))


class NpmServer:
    """kind: oidc or mock."""

    def __init__(self, kind, folder):
        self.lock = threading.Lock()
        self.log = open(os.path.join(folder, f"{kind}.log"), "ab")
        self.child = subprocess.Popen(
            ["node", os.path.join(HERE, "oauth_server.mjs"), kind], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log)
        self.port = self._line()["port"]

    def _line(self):
        while True:
            line = self.child.stdout.readline()
            assert line, "the token server has ended"
            # What the library says of itself goes the same way.
            if line.lstrip()[:1] in b'{n"[':
                return json.loads(line)

    def tell(self, what, **fields):
        with self.lock:
            self.child.stdin.write(json.dumps({"do": what, **fields}).encode() + b"\n")
            self.child.stdin.flush()
            return self._line()

    def url(self, path="/token"):
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def count(self):
        return self.tell("seen")["count"]

    @property
    def most(self):
        return self.tell("seen")["most"]

    def is_valid(self, token):
        """As a resource server would find out (oidc)."""
        return self.tell("token", token=token) is not None

    def close(self):
        self.child.stdin.close()
        self.child.wait(20)
        self.child.stdout.close()
        self.log.close()
