"""The address guard holds with a proxy, too: names are resolved and checked here, and the
proxy is told an address.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import os
import shutil
import socket

import pytest

from harness.egress import BAD, GOOD, World, delivered
from harness.process import Process, free_port
from harness.proxy import Proxy
from harness.tls import Identity, TlsServer, server_context
from harness.wait import wait_until

USER, PASSWORD = "egress", "p%40ss:word"  # p@ss:word, as a URL has to write it


class Proxied(World):
    def __init__(self, folder, socks, **settings):
        self.proxy = Proxy(socks)
        super().__init__(folder, EGRESS_PROXY=self.proxy.url(f"{USER}:{PASSWORD}"), **settings)

    def told(self):
        return [host for _, host, _ in self.proxy.told]

    def close(self):
        super().close()
        self.proxy.close()


@pytest.fixture(scope="module", params=["http", "socks5"])
def world(request, tmp_path_factory):
    made = Proxied(str(tmp_path_factory.mktemp("proxy")), request.param == "socks5",
                   EGRESS_SOURCE="127.0.0.5")
    yield made
    logs = made.parts.logs()
    made.close()
    assert made.entered() == [0, 0, 0]
    assert set(made.told()) == {GOOD}
    assert "p@ss" not in logs and PASSWORD not in logs


def test_it_is_told_the_checked_address(world):
    host = world.name([GOOD])
    attempt = world.attempts(world.hook(host, "/good", auth={"type": "bearer",
                                                             "token": "not-for-proxies"}))[0]
    assert delivered(attempt)
    kind = "v4" if world.proxy.socks else "CONNECT"
    assert world.proxy.told[0] == (kind, GOOD, world.port)
    # TLS is with the name all the same.
    assert host in world.good.names
    request = world.good.at("/good")[0]
    assert request["headers"]["Host"] == f"{host}:{world.port}"
    assert not [h for h in request["headers"] if h.lower().startswith("proxy")]


def test_what_the_proxy_sees(world):
    assert delivered(world.attempts(world.hook(world.name([GOOD])))[0])
    assert set(world.proxy.peers) == {"127.0.0.5"}
    if world.proxy.socks:
        assert set(world.proxy.users) == {(USER, "p@ss:word")}
        return
    basic = base64.b64encode(f"{USER}:p@ss:word".encode()).decode()
    for head in world.proxy.heads:
        names = [line.split(":")[0].lower() for line in head.split("\r\n")[1:] if line]
        assert set(names) <= {"host", "proxy-authorization", "proxy-connection", "user-agent"}
        assert f"Proxy-Authorization: Basic {basic}" in head and "hooks.test" not in head


def test_address_in_the_url(world):
    assert delivered(world.attempts(world.hook(GOOD, "/literal"))[0])


def test_client_certificates_go_through_it(world):
    """The tunnel is not shared either, and the roots are the webhook's."""
    root = Identity("Root", ca=True)
    server = TlsServer(server_context(root.issue("receiver", hosts=[GOOD]), clients=root,
                                      required=True), host=GOOD)
    roots = {"ca": root.cert_pem}
    for who in ("a", "b"):
        tls = root.issue("client " + who).as_client(**roots)
        hook = world.hook(GOOD, port=server.server_address[1], tls=tls, headers={"X-Who": who})
        assert delivered(world.attempts(hook)[0])
    without = world.hook(GOOD, port=server.server_address[1], tls=roots)
    assert world.error(without) == "tls_client_certificate"
    assert {(who, name) for who, name, _, _ in server.seen} == \
        {("a", "client a"), ("b", "client b")}
    server.stop()


@pytest.mark.parametrize("answer", [[BAD], ["::ffff:127.0.0.1"], ["169.254.169.254"],
                                    ["10.0.0.1", "::1"]], ids=lambda a: ",".join(a))
def test_bad_names(world, answer):
    assert world.error(world.hook(world.name(answer))) == "address_refused"


def test_names_that_change(world):
    alias = world.name(world.name([BAD]))
    hooks = [world.hook(world.name([BAD], [GOOD])), world.hook(world.name([GOOD], [BAD])),
             world.hook(world.name([BAD, "::1", GOOD, "10.0.0.1"])), world.hook(alias)]
    results = [world.attempts(hook)[0] for hook in hooks]
    assert [delivered(r) or r["error"] for r in results] == \
        ["address_refused", True, True, "address_refused"]


def test_the_certificate_is_looked_at(world):
    world.dns.set("other.test", [GOOD])
    assert world.error(world.hook("other.test")) == "tls_certificate"


def test_no_such_name(world):
    assert world.error(world.hook("nothing.test")) == "resolve_failed"


HTTP_TROUBLE = [
    (b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n",
     "proxy_failed"),
    (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "proxy_failed"),
    (b"HTTP/1.1 302 There\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
     "proxy_failed"),
    (b"HTTP/1.1 502 Cannot\r\nContent-Length: 0\r\n\r\n", "connect_failed"),
    (b"\0\1\2garbage\r\n\r\n", "proxy_failed"),
    (b"", "proxy_failed"),
]
SOCKS_TROUBLE = [
    (b"\5\1\0\1\0\0\0\0\0\0", "proxy_failed"), (b"\5\2\0\1\0\0\0\0\0\0", "proxy_failed"),
    (b"\5\5\0\1\0\0\0\0\0\0", "connect_failed"), (b"\5\4\0\1\0\0\0\0\0\0", "connect_failed"),
    (b"HTTP/1.1 400 What\r\n\r\n", "proxy_failed"), (b"", "proxy_failed"),
]


def test_trouble_with_the_proxy(world):
    """It has a code of its own, and is tried again."""
    found = []
    for reply, _ in SOCKS_TROUBLE if world.proxy.socks else HTTP_TROUBLE:
        world.proxy.reply = reply
        found.append((reply, world.error(world.hook(world.name([GOOD])))))
    world.proxy.reply = None
    assert found == (SOCKS_TROUBLE if world.proxy.socks else HTTP_TROUBLE)


def test_what_hangs_delays_nobody(world):
    """Names that nobody answers for, then the proxy itself, which comes back."""
    slow = [world.hook(world.name([GOOD], delay=6), "/slow") for _ in range(6)]
    with_silence = socket.create_server((GOOD, 0))
    silent = world.hook(world.name([GOOD]), port=with_silence.getsockname()[1])
    hung = [world.hook(world.name([GOOD])) for _ in range(2)]
    # Changes come in order: once this one is known, so are those before it.
    quick = world.hook(world.name([GOOD]), "/quick")
    assert delivered(world.attempts(quick)[0])
    for hook in slow:
        world.project.publish(eventName=hook["eventNames"][0])
    before = len(world.good.at("/quick"))
    world.project.publish(eventName=quick["eventNames"][0])
    wait_until(lambda: len(world.good.at("/quick")) > before, 5, "the quick one is delivered")
    assert not world.good.at("/slow")
    kept_waiting = world.project.publish_one(eventName=silent["eventNames"][0])
    wait_until(lambda: with_silence.getsockname()[1] in [p for _, _, p in world.proxy.told], 5,
               "the proxy connects to who never answers")
    world.proxy.hang = True
    events = [world.project.publish_one(eventName=hook["eventNames"][0]) for hook in hung]
    for event in events:
        first = world.attempts_of(event)[0]
        # Nor for one another, although it is the same address.
        assert first["error"] == "proxy_failed" and first["durationsMs"]["total"] < 8000
    world.proxy.hang = False
    assert delivered(world.attempts_of(events[0], at_least=2)[1])
    assert world.attempts(slow[0])[0]["error"] == "resolve_failed"
    # The receiver's fault, not the proxy's.
    assert world.attempts_of(kept_waiting)[0]["error"] == "connect_timeout"
    with_silence.close()


def test_what_receivers_should_allow(world):
    """Only the operator knows what the proxy sends from."""
    assert world.parts.api.get("/v1/egress").json == {"addresses": [], "proxy": True}


def test_a_proxy_that_is_down(tmp_path):
    world = World(str(tmp_path), EGRESS_PROXY=f"http://127.0.0.1:{free_port()}")
    assert world.error(world.hook(world.name([GOOD]))) == "proxy_failed"
    world.close()


def test_plain_http_goes_through_a_tunnel(tmp_path):
    world = Proxied(str(tmp_path), False, DEV="true")
    hook = world.project.webhook(world.plain.url("/plain"), wait=False, eventNames=["plain"])
    assert delivered(world.attempts(hook)[0])
    assert world.proxy.told[0][0] == "CONNECT" and world.plain.at("/plain")
    world.close()


@pytest.mark.parametrize("program", ["tinyproxy", "microsocks"])
def test_proxies_that_others_wrote(tmp_path, program):
    assert shutil.which(program), f"{program} is not installed: deploy/packages.sh"
    port, log = free_port(), str(tmp_path / "proxy.log")
    conf = tmp_path / "tinyproxy.conf"
    conf.write_text(f"Port {port}\nListen 127.0.0.1\nLogLevel Connect\nBasicAuth u secret\n")
    argv = {"tinyproxy": ["tinyproxy", "-d", "-c", str(conf)],
            "microsocks": ["microsocks", "-i", "127.0.0.1", "-p", str(port),
                           "-u", "u", "-P", "secret"]}[program]
    proxy = Process(program, argv, dict(os.environ), log)
    scheme = "http" if program == "tinyproxy" else "socks5"
    world = World(str(tmp_path), EGRESS_PROXY=f"{scheme}://u:secret@127.0.0.1:{port}")
    good, bad = world.hook(world.name([GOOD])), world.hook(world.name([BAD]))
    closed = world.hook(world.name([GOOD]), port=free_port())
    assert delivered(world.attempts(good)[0])
    assert world.error(bad) == "address_refused"
    assert world.error(closed) == "connect_failed"
    wait_until(lambda: f"{GOOD}:{world.port}" in proxy.log(), 5, "the proxy logs the address")
    assert BAD + ":" + str(world.port) not in proxy.log()
    world.close()
    proxy.kill()
