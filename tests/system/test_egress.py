"""The address guard with names of our own: nothing that is not allowed is connected to.

Without --dev, with one loopback address allowed, and a name server that only the sender
under test asks. Traps listen where a rebinding would lead.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from harness.egress import BAD, GOOD, World, delivered
from harness.wait import wait_until


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(str(tmp_path_factory.mktemp("egress")))
    yield made
    made.close()
    assert made.entered() == [0, 0, 0]


class TestNames:
    def test_good(self, world):
        host = world.name([GOOD])
        assert delivered(world.attempts(world.hook(host, "/good"))[0])
        assert world.good.at("/good")[0]["headers"]["Host"] == f"{host}:{world.port}"
        assert host in world.good.names

    @pytest.mark.parametrize("answer", [
        [BAD], ["127.0.0.2"], ["10.0.0.1", "192.168.1.1", "172.16.0.1"], ["169.254.169.254"],
        ["0.0.0.0"], ["100.100.100.200"], ["168.63.129.16"], ["::1"], ["::"],
        ["::ffff:127.0.0.1"], ["::127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::1"],
        ["2001:0:4136:e378:8000:63bf:80ff:fffe"], ["2a00:1450::5efe:127.0.0.1"],
        ["fe80::1"], ["fd00:ec2::254"], ["ff02::1"], ["::1", BAD, "fd00::1"],
    ], ids=lambda a: ",".join(a))
    def test_bad(self, world, answer):
        assert world.error(world.hook(world.name(answer))) == "address_refused"

    def test_only_ipv6(self, world):
        # The mapped address is as good as the one in it, and goes over an IPv6 socket.
        attempt = world.attempts(world.hook(world.name(["::ffff:" + GOOD]), "/six"))[0]
        assert delivered(attempt) and world.good.at("/six")

    @pytest.mark.parametrize("answer", [[BAD, GOOD], [GOOD, BAD], ["::1", GOOD],
                                        ["127.0.0.2", BAD, GOOD, "10.0.0.1", "fd00::1"]],
                             ids=lambda a: ",".join(a))
    def test_mixed(self, world, answer):
        """The bad ones are skipped."""
        assert delivered(world.attempts(world.hook(world.name(answer)))[0])

    def test_alias_of_a_private_name(self, world):
        inner = world.name([BAD])
        middle = world.name(inner)
        assert world.error(world.hook(world.name(middle))) == "address_refused"
        assert delivered(world.attempts(world.hook(world.name(world.name([GOOD]))))[0])

    def test_answers_that_alternate(self, world):
        """Whichever look-up the sender acts upon, it never enters the trap."""
        hooks = [world.hook(world.name(*([[GOOD], [BAD]] * 50 if i % 2 else
                                         [[BAD], [GOOD]] * 50))) for i in range(10)]
        for hook in hooks:
            first = world.attempts(hook)[0]
            assert delivered(first) or first["error"] == "address_refused"

    def test_rebinding(self, world):
        host = world.name([GOOD], [BAD])
        hook = world.hook(host, "/rebound")
        assert delivered(world.attempts(hook)[0])
        # libcurl keeps an answer for a minute, a new process has none.
        world.restart_sender()
        event = world.project.publish_one(eventName=hook["eventNames"][0])
        assert world.attempts_of(event)[0]["error"] == "address_refused"
        assert len(world.good.at("/rebound")) == 1 and world.dns.count(host) == 2

    def test_no_such_name(self, world):
        assert world.error(world.hook("nothing.test")) == "resolve_failed"

    def test_slow_names_delay_nobody(self, world):
        slow = [world.hook(world.name([GOOD], delay=4), "/slow") for _ in range(8)]
        # Changes come in order: once this one is known, so are those before it.
        quick = world.hook(world.name([GOOD]), "/quick")
        assert delivered(world.attempts(quick)[0])
        for hook in slow:
            world.project.publish(eventName=hook["eventNames"][0])
        before = len(world.good.at("/quick"))
        world.project.publish(eventName=quick["eventNames"][0])
        wait_until(lambda: len(world.good.at("/quick")) > before, 5, "the quick one is delivered")
        assert not world.good.at("/slow")


def test_redirects_are_not_followed(world):
    """Nor to where a request may go."""
    host = world.name([GOOD])
    for status, location in ((302, f"https://{BAD}:{world.port}/"), (307, "/landed"),
                             (308, f"https://{host}:{world.port}/landed")):
        path = f"/moved{status}"
        world.good.answers[path] = (status, {"Location": location})
        assert world.error(world.hook(host, path)) == f"http_{status}"
    assert not world.good.at("/landed")


SPELLINGS = """
127.0.0.1 127.1 0x7f.1 0x7f000001 2130706433 017700000001 0177.0.0.1 127.0.0.1. 127.00.0.1
10.0.0.1 100.64.0.1 169.254.169.254 192.168.0.1 168.63.129.16 0 0.0.0.0 255.255.255.255
[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::1]
[2001:0:4136:e378:8000:63bf:80ff:fffe] [2a00:1450::5efe:127.0.0.1] [fe80::1] [fe80::1%25lo]
[fd00:ec2::254] [::1 ::1 good.test@127.0.0.1 good.test%40127.0.0.1 good.test\\@127.0.0.1 @good.test
good..test .test %31%32%37.0.0.1 127。0。0。1 １２７.0.0.1 bücher.test good.test:0 good.test:65536
good.test: good.test:443:443 good.test#@127.0.0.1 {a,b}.test
""".split()


def test_spellings_are_refused_when_saved(world):
    urls = [f"https://{host}/" for host in SPELLINGS]
    urls += ["http://good.test/", "https:/good.test/", "https:good.test/", "https:///good.test/",
             "https:\\\\good.test/", "//good.test/", "ftp://good.test/", "https://good.test/\t",
             "https://good.test/\r\nX: y", "https://go\nod.test/", " https://good.test/"]
    taken = []
    for url in urls:
        answer = world.project.api.post(world.project.path + "/webhooks", {
            "name": "spelled", "kind": "system", "url": url, "eventNames": ["*"]})
        if answer.status != 400 or answer.json.get("field") != "url":
            taken.append((url, answer))
    assert not taken


INJECTIONS = [
    ("headers", {"X-A": "b\r\nX-Evil: 1"}), ("headers", {"X-A": "b\nX-Evil: 1"}),
    ("headers", {"X-A": "b\rX-Evil: 1"}), ("headers", {"X-A\r\nX-Evil": "1"}),
    ("headers", {"X-A: 1\r\nX-Evil": "1"}), ("headers", {"X A": "1"}), ("headers", {"": "1"}),
    ("headers", {"X-A:": "1"}), ("contentType", "a/b\r\nX-Evil: 1"),
    ("auth", {"type": "bearer", "token": "t\r\nX-Evil: 1"}),
    ("auth", {"type": "basic", "username": "u\nX-Evil: 1", "password": "p"}),
    ("auth", {"type": "basic", "username": "u", "password": "p\nX-Evil: 1"}),
]


@pytest.mark.parametrize("field, value", INJECTIONS, ids=[str(v)[:30] for _, v in INJECTIONS])
def test_what_is_configured_injects_nothing(world, field, value):
    answer = world.project.api.post(world.project.path + "/webhooks", {
        "name": "injects", "kind": "system", "url": "https://good.test/", "eventNames": ["*"],
        field: value})
    assert answer.status == 400 and answer.json["field"].startswith(field)
    assert answer.json["code"] == "invalid"


def test_what_is_published_injects_nothing(world):
    """Names and keys of events are in the body, never in the head."""
    evil = "x\r\nX-Evil: 1\r\n\r\nPOST /evil HTTP/1.1\r\n"
    hook = world.hook(world.name([GOOD]), "/published", eventNames=["*"])
    world.attempts({**hook, "eventNames": ["plain"]})
    for fields in ({"eventName": evil}, {"orderingKey": evil}, {"email": evil},
                   {"id": evil}, {"dataFields": {evil: evil}}):
        # Some are refused at once; what is taken is delivered.
        world.project.publisher.send(world.project.message(**fields))
    world.attempts({**hook, "eventNames": ["plain"]})
    last = world.project.publish_one(eventName="last")
    wait_until(lambda: any(r["headers"]["webhook-id"] == last
                           for r in world.good.at("/published")), 10, "the last one arrived")
    for request in world.good.requests:
        assert request["line"].startswith("POST /") and "/evil" not in request["line"]
        assert not [h for h in request["headers"] if "evil" in h.lower()]


@pytest.fixture
def from_source(tmp_path):
    made = World(str(tmp_path), EGRESS_SOURCE="127.0.0.5")
    yield made
    made.close()


def test_source_address(from_source):
    world = from_source
    assert delivered(world.attempts(world.hook(world.name([GOOD]), "/source"))[0])
    assert world.good.at("/source")[0]["peer"] == "127.0.0.5"
    # The other family has no source, so receivers would not know it.
    six = world.hook(world.name(["::ffff:" + GOOD]))
    assert world.error(six) == "address_refused"
    assert world.parts.api.get("/v1/egress").json == {"addresses": ["127.0.0.5"],
                                                      "proxy": False}
