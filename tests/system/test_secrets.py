"""No secret of a webhook is where it does not belong, whatever its kind: no answer, log
line (level debug), metric, feed message or byte in Redis holds one.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import glob
import os

import pytest
import zmq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives import serialization

from harness.http import request
from harness.process import children_of
from harness.sink import Sink
from harness.system import Up, run
from harness.tls import Identity, TlsServer, server_context
from harness.wait import wait_until


class Secrets:
    """What is looked for: name -> the bytes in each form they could have."""

    def __init__(self):
        self.forms = {}

    def text(self, name, *more):
        """A new one that is a text."""
        value = f"{name}-{os.urandom(9).hex()}"
        self.forms[f"{name} {len(self.forms)}"] = [value.encode(), *more]
        return value

    def password(self, user):
        value = self.text("password")
        # As the header has it; three more bytes would change its end.
        pair = base64.b64encode(f"{user}:{value}".encode())
        self.forms["basic " + value] = [pair[len(user) + 4:-4]]
        return value

    def key(self, prefix, raw):
        self.forms[f"{prefix} {len(self.forms)}"] = [raw, base64.b64encode(raw)[:-4]]
        return prefix + base64.b64encode(raw).decode()

    def pem(self, identity):
        lines = identity.key_pem.splitlines()[1:-1]
        self.forms[f"pem {len(self.forms)}"] = [line.encode() for line in lines[1:]] + \
            [base64.b64decode("".join(lines))[36:68]]
        return identity.key_pem

    def found_in(self, data):
        return {name for name, forms in self.forms.items() if any(f in data for f in forms)}


@pytest.fixture(scope="module")
def up():
    made = Up({"LOG_LEVEL": "debug"})
    yield made
    made.close()


def documents(secrets, url, root):
    """A webhook of each kind."""
    client = root.issue("client")
    pair = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
        serialization.NoEncryption())
    return [
        {"auth": {"type": "basic", "username": "ada", "password": secrets.password("ada")}},
        {"auth": {"type": "bearer", "token": secrets.text("token")}},
        {"headers": {"X-Api-Key": secrets.text("header"), "Authorization": secrets.text("own")}},
        {"signing": {"secrets": [secrets.key("whsec_", os.urandom(32))]}},
        {"signing": {"secrets": [secrets.key("whsk_", pair)]}},
        {"url": url, "tls": {"clientCertificate": client.cert_pem, "ca": root.cert_pem,
                             "clientKey": secrets.pem(client)}},
    ]


def everything_in_redis(up):
    """Every value as Redis holds it, and the file that has every command so far."""
    r, out = up.redis, []
    for key in r.scan_iter():
        out.append(key)
        kind = r.type(key)
        if kind == b"hash":
            out += [x for pair in r.hgetall(key).items() for x in pair]
        elif kind == b"zset":
            out += r.zrange(key, 0, -1)
        elif kind == b"set":
            out += r.smembers(key)
        elif kind == b"list":
            out += r.lrange(key, 0, -1)
        elif kind == b"stream":
            out += [x for _, fields in r.xrange(key) for pair in fields.items() for x in pair]
        else:
            out.append(r.get(key))
    files = glob.glob(up.folder + "/**/*.aof", recursive=True)
    assert files
    for path in files:
        with open(path, "rb") as file:
            out.append(file.read())
    return b"\n".join(out)


def everything_served(up, project, webhooks):
    """Answers, metrics."""
    api = up.api
    where = [f"/v1/projects/{project.id}{x}" for x in
             ("", "/webhooks", "/deliveries", "/events", "/export", "/event-types")]
    where += [f"{project.path}/webhooks/{w['id']}{x}" for w in webhooks for x in ("", "/stats")]
    where += [f"{project.path}/deliveries/{d['id']}" for d in project.deliveries()]
    where += ["/v1/status", "/v1/egress"]
    out = [api.get(path).body for path in where]
    for service in ("ingest", "router", "sender", "console"):
        out.append(request("GET", up.admin_base(service) + "/metrics").body)
    shown = run("webhooks", "list", "--project", project.id, "--json",
                env=up.client_environment())
    assert shown.returncode == 0, shown
    return out + [shown.stdout.encode(), shown.stderr.encode()]


def drain(subscriber):
    out = []
    while subscriber.poll(100):
        out += subscriber.recv_multipart()
    return out


def test_no_secret_is_anywhere(up):
    secrets, root = Secrets(), Identity("Root", ca=True)
    project, sink = up.project(), Sink(up.folder)
    project.wait_known()
    server = TlsServer(server_context(root.issue("r", hosts=["127.0.0.1"]), clients=root,
                                      required=True))
    subscriber = zmq.Context.instance().socket(zmq.SUB)
    subscriber.subscribe(b"")
    subscriber.connect(up.settings["ROUTER_FEED_BIND"])
    seen, webhooks = [], []
    sink.behave("/bad", status=500)
    for path in ("/good", "/bad"):
        for fields in documents(secrets, server.url, root):
            webhooks.append(project.webhook(**{"url": sink.url(path), "wait": False, **fields}))
    seen += [repr(w).encode() for w in webhooks if w["signing"]["secrets"] == ["***"]]
    # Changed, and refused with the secret in what is refused.
    for webhook, fields in zip(webhooks, documents(secrets, server.url, root)):
        where = project.hook_path(webhook)
        answer = up.api.patch(where, fields)
        assert answer.status == 200, answer
        seen.append(answer.body)
        for broken in ({**fields, "timeoutMs": -1}, {**fields, "colour": 1},
                       {"name": secrets.text("name") * 9}):
            answer = up.api.patch(where, broken)
            assert answer.status == 400, answer
            seen.append(answer.body)
    for broken in ({"auth": {"type": "bearer", "token": secrets.text("token") + "\n"}},
                   {"headers": {"X-A": secrets.text("header") + "\r\nB: c"}},
                   {"signing": {"secrets": [secrets.text("whsec_")]}},
                   {"tls": {"clientCertificate": root.cert_pem,
                            "clientKey": secrets.pem(root.issue("x"))}},
                   {"tls": {"ca": secrets.pem(root.issue("x"))}}):
        answer = up.api.patch(f"{project.path}/webhooks/{webhooks[0]['id']}", broken)
        assert answer.status == 400, answer
        seen.append(answer.body)
    up.wait_config()
    events = set(project.publish(3))
    wait_until(lambda: all(server.ids() >= events and sink.ids(p) >= events
                           for p in ("/good", "/bad")), 10, "every receiver was called")
    wait_until(lambda: not list(project.deliveries(status="sending")), 10, "answers settled")
    assert secrets.found_in(b"".join(r.head.encode("latin-1") for r in sink.requests())), \
        "the search finds what is there"
    feed = drain(subscriber)
    assert any(frame.startswith(b"attempt.") for frame in feed)
    seen += feed + everything_served(up, project, webhooks)
    with open(up.up.log_path, "rb") as log:
        seen.append(log.read())
    seen.append(everything_in_redis(up))
    for data in seen:
        assert not secrets.found_in(data), data[:300]
    assert len(secrets.forms) > 20
    server.stop()
    subscriber.close()
    sink.stop()
    project.close()


def test_no_core_dump(up):
    """Of none of them, though the level is debug."""
    programs = children_of(up.up.pid)
    assert len(programs) >= 5
    for pid in [up.up.pid, *programs]:
        with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
            line = next(x for x in limits if x.startswith("Max core file size"))
        assert line.split()[4:6] == ["0", "0"], (programs.get(pid), line)
