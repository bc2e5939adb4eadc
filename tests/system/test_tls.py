"""TLS: receivers that cannot be trusted, roots of a webhook's own, client certificates.

SPDX-License-Identifier: Apache-2.0
"""
import socket
import ssl
import threading
import warnings

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from harness.system import Up
from harness.tls import LOOPBACK, Identity, TlsServer, server_context
from harness.wait import wait_until

ONCE = {"delaysS": [], "jitter": 0}
V10, V11, V12, V13 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2,
                      ssl.TLSVersion.TLSv1_3)


@pytest.fixture(scope="module")
def root():
    return Identity("Root of the tests", ca=True)


@pytest.fixture(scope="module")
def other_root():
    return Identity("Another root", ca=True)


@pytest.fixture(scope="module")
def usual_root():
    """What senders trust anyway."""
    return Identity("Usual root", ca=True)


@pytest.fixture
def serve():
    running = []

    def start(*args, **options):
        server = TlsServer(*args, **options)
        running.append(server)
        return server
    yield start
    for server in running:
        server.stop()


def dead_error(project, event):
    """The delivery's only attempt: its code."""
    delivery = project.wait_status(event, "dead")
    assert len(delivery["attempts"]) == 1
    return delivery["attempts"][0]["error"]


def good(root, **options):
    return root.issue("receiver", hosts=[LOOPBACK], **options)


@pytest.mark.parametrize("versions", [None, (V12, V12), (V13, V13)])
def test_roots_of_its_own(serve, project, root, other_root, versions):
    """ca stands in the place of the usual roots; there may be several."""
    server = serve(server_context(good(root), versions=versions))
    project.webhook(server.url, tls={"ca": other_root.cert_pem + root.cert_pem})
    event = project.publish_one()
    project.wait_status(event, "delivered")
    assert server.ids() == {event}


def test_a_chain(serve, project, root):
    middle = root.issue("Middle", ca=True)
    server = serve(server_context(good(middle)))
    project.webhook(server.url, tls={"ca": root.cert_pem})
    project.wait_status(project.publish_one(), "delivered")


BAD = {
    "expired": lambda root, other: (good(root, days=(-9, -1)), root),
    "not-yet-valid": lambda root, other: (good(root, days=(1, 9)), root),
    "wrong-host": lambda root, other: (root.issue("r", hosts=["other.example"]), root),
    "no-host": lambda root, other: (root.issue("other.example"), root),
    "self-signed": lambda root, other: (Identity("r", hosts=[LOOPBACK]), root),
    "wrong-ca": lambda root, other: (good(other), root),
    "same-name-ca": lambda root, other: (good(Identity(root.name, ca=True)), root),
    "unknown-ca": lambda root, other: (good(root), None),
    "issuer-is-no-ca": lambda root, other: (good(root.issue("no ca")), root),
}


@pytest.mark.parametrize("case", BAD)
def test_certificate_is_refused(serve, project, root, other_root, case):
    identity, trusted = BAD[case](root, other_root)
    server = serve(server_context(identity))
    project.webhook(server.url, retry=ONCE, **({"tls": {"ca": trusted.cert_pem}} if trusted else {}))
    assert dead_error(project, project.publish_one()) == "tls_certificate"
    assert server.seen == []


@pytest.mark.parametrize("versions", [(V10, V10), (V11, V11), (V10, V11)])
def test_old_tls_is_refused(serve, project, root, versions):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server = serve(server_context(good(root), versions=versions))
        # It does speak it, with who is content with that.
        client = ssl.create_default_context(cadata=root.cert_pem)
        client.set_ciphers("DEFAULT@SECLEVEL=0")
        client.minimum_version = V10
        client.maximum_version = versions[1]
    with socket.create_connection(server.server_address) as plain, \
            client.wrap_socket(plain, server_hostname=LOOPBACK) as spoken:
        assert spoken.version() == {V10: "TLSv1", V11: "TLSv1.1"}[versions[1]]
    project.webhook(server.url, retry=ONCE, tls={"ca": root.cert_pem})
    assert dead_error(project, project.publish_one()) == "tls_failed"
    assert server.seen == []


def test_no_tls_at_all(project):
    with socket.create_server((LOOPBACK, 0)) as listener:
        def answer():
            peer = listener.accept()[0]
            peer.recv(1)
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            peer.recv(4096)
            peer.close()
        threading.Thread(target=answer, daemon=True).start()
        project.webhook(f"https://{LOOPBACK}:{listener.getsockname()[1]}/", retry=ONCE)
        event = project.publish_one()
        assert dead_error(project, event) == "tls_failed"


# --- client certificates ---------------------------------------------------------------


@pytest.mark.parametrize("version", [V12, V13])
def test_client_certificate(serve, project, root, version):
    """Shown where it is asked for, with the chain behind it."""
    server = serve(server_context(good(root), clients=root, required=True,
                                  versions=(version, version)))
    middle = root.issue("Middle", ca=True)
    roots = {"ca": root.cert_pem}
    project.webhook(server.url, tls=middle.issue("ours").as_client(**roots))
    event = project.publish_one()
    project.wait_status(event, "delivered")
    assert [(name, got) for _, name, got, _ in server.seen] == [("ours", event)]


@pytest.mark.parametrize("version, absent", [(V12, "tls_failed"),
                                             (V13, "tls_client_certificate")])
def test_client_certificate_that_is_not_enough(serve, project, root, other_root, version,
                                               absent):
    server = serve(server_context(good(root), clients=root, required=True,
                                  versions=(version, version)))
    roots = {"ca": root.cert_pem}
    cases = [(roots, absent),
             (other_root.issue("alien").as_client(**roots), "tls_client_certificate"),
             (root.issue("old", days=(-9, -1)).as_client(**roots), "tls_client_certificate")]
    for tls, error in cases:
        webhook = project.webhook(server.url, retry=ONCE, tls=tls)
        assert dead_error(project, project.publish_one()) == error
        assert project.api.delete(project.hook_path(webhook)).status == 204
        project.system.wait_config()
    assert server.seen == []


@pytest.fixture(scope="module")
def narrow(usual_root, tmp_path_factory):
    """One request at a time: every webhook's takes the handle of the one before."""
    file = tmp_path_factory.mktemp("roots") / "root.pem"
    file.write_text(usual_root.cert_pem, encoding="ascii")
    up = Up({"SENDER_MAX_IN_FLIGHT": "1", "SENDER_CA_FILE": str(file)})
    yield up
    up.close()


@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept", "closed"])
@pytest.mark.parametrize("version", [V12, V13])
def test_nobody_shows_the_certificate_of_another(serve, system, narrow, root, version,
                                                 keep_alive):
    """Same host and port, another certificate or none: another connection, and another
    session of TLS. A new certificate counts from the next request on."""
    up = system if keep_alive else narrow
    project = up.project()
    project.wait_known()
    server = serve(server_context(good(root), clients=root, versions=(version, version)),
                   keep_alive)
    roots = {"ca": root.cert_pem}
    want = {"a": "client a", "b": "client b", "none": None}
    made = {}
    for who, name in want.items():
        tls = root.issue(name).as_client(**roots) if name else roots
        made[who] = project.webhook(server.url, wait=False, tls=tls, headers={"X-Who": who},
                                    limits={"concurrency": 1, "ratePerSecond": 0})
    up.wait_config()

    def round_trip():
        events = {e for _ in range(4) for e in project.publish(1)}
        wait_until(lambda: all(events <= server.ids(who) for who in want), 10, "all arrived")
    round_trip()
    assert {(who, name) for who, name, _, _ in server.seen} == set(want.items())
    if keep_alive:
        assert server.connections < len(server.seen), "connections are used again"
    elif version == V13:
        assert any(resumed for _, _, _, resumed in server.seen), "sessions are used again"
    want["a"] = "client a, renewed"
    server.seen.clear()
    answer = project.api.patch(f"{project.path}/webhooks/{made['a']['id']}",
                               {"tls": root.issue(want["a"]).as_client()})
    assert answer.status == 200, answer
    up.wait_config()
    round_trip()
    assert {(who, name) for who, name, _, _ in server.seen} == set(want.items())
    project.close()


def test_usual_roots_do_not_count_beside_its_own(serve, narrow, root, usual_root):
    """Nor do those that the webhook before it had."""
    project = narrow.project()
    project.wait_known()
    server = serve(server_context(good(usual_root)))
    cases = [({}, None), ({"ca": root.cert_pem}, "tls_certificate"), ({}, None),
             ({"ca": usual_root.cert_pem}, None)]
    for number, (tls, _) in enumerate(cases):
        name = f"e{number}"
        project.webhook(server.url, wait=False, eventNames=[name], retry=ONCE,
                        **({"tls": tls} if tls else {}))
    narrow.wait_config()
    for number, (_, error) in enumerate(cases):
        event = project.publish_one(eventName=f"e{number}")
        if error:
            assert dead_error(project, event) == error
        else:
            project.wait_status(event, "delivered")
        assert (event in server.ids()) == (not error)
    project.close()


# --- what may be saved -----------------------------------------------------------------


def save(project, tls, webhook=None):
    if webhook:
        return project.api.patch(project.hook_path(webhook), {"tls": tls})
    return project.api.post(project.path + "/webhooks", {
        "name": f"t{next(project.system.numbers)}", "kind": "system", "eventNames": ["*"],
        "url": "https://example.com/", "tls": tls})


def refused(root, other):
    one, two = root.issue("one"), root.issue("two")
    cert, key = one.cert_pem, one.key_pem
    weak = Identity("weak", key=rsa.generate_private_key(65537, 1024))
    bad_cert = cert[:100] + "!!!!" + cert[104:]
    return [
        (7, "tls"),
        ({"colour": 1}, "tls.colour"),
        ({"clientCertificate": cert}, "tls.clientKey"),
        ({"clientKey": key}, "tls.clientCertificate"),
        ({"clientCertificate": cert, "clientKey": two.key_pem}, "tls.clientKey"),
        ({"clientCertificate": cert, "clientKey": one.encrypted_key_pem(b"pw")}, "tls.clientKey"),
        ({"clientCertificate": cert, "clientKey": "***"}, "tls.clientKey"),
        ({"clientCertificate": cert, "clientKey": cert}, "tls.clientKey"),
        ({"clientCertificate": cert, "clientKey": key + "x" * 16384}, "tls.clientKey"),
        ({"clientCertificate": cert, "clientKey": 7}, "tls.clientKey"),
        ({"clientCertificate": bad_cert, "clientKey": key}, "tls.clientCertificate"),
        ({"clientCertificate": "nothing", "clientKey": key}, "tls.clientCertificate"),
        ({"clientCertificate": key + cert, "clientKey": key}, "tls.clientCertificate"),
        ({"clientCertificate": cert * 9, "clientKey": key}, "tls.clientCertificate"),
        ({"clientCertificate": two.cert_pem + cert, "clientKey": key}, "tls.clientKey"),
        ({"clientCertificate": cert + "x" * 32768, "clientKey": key}, "tls.clientCertificate"),
        (weak.as_client(), "tls.clientKey"),
        ({"ca": "x"}, "tls.ca"),
        ({"ca": ""}, "tls.ca"),
        ({"ca": cert + bad_cert}, "tls.ca"),
        ({"ca": key}, "tls.ca"),
        ({"ca": "x" * 65537}, "tls.ca"),
        ({"ca": ["x"]}, "tls.ca"),
    ]


def test_what_cannot_be_used_is_refused(project, root, other_root):
    for tls, field in refused(root, other_root):
        answer = save(project, tls)
        assert answer.status == 400 and answer.json["field"] == field, (tls, answer.text)
        assert "PRIVATE KEY" not in answer.text


def test_what_is_shown_and_kept(project, root):
    one = root.issue("one, with a comma")
    made = save(project, one.as_client(ca=root.cert_pem))
    assert made.status == 201, made
    shown = made.json["tls"]
    assert shown["clientKey"] == "***"
    assert shown["clientCertificate"] == one.chain_pem and shown["ca"] == root.cert_pem
    assert shown["clientSubject"] == "CN=one\\, with a comma"
    assert shown["clientNotAfter"].endswith(".000Z")
    webhook = made.json
    # What was shown can be sent back, whole or in part.
    for tls in (shown, {"clientKey": "***"}, {"ca": None}, {"clientCertificate": one.cert_pem}):
        assert save(project, tls, webhook).status == 200
    # Its certificate is renewed for the same key; for another it is not.
    assert save(project, {"clientCertificate": root.issue("x").cert_pem},
                webhook).json["field"] == "tls.clientKey"
    assert save(project, {"clientKey": None}, webhook).json["field"] == "tls.clientKey"
    assert save(project, {"clientSubject": "CN=x"}, webhook).json["code"] == "read_only"
    gone = save(project, {"clientKey": None, "clientCertificate": None}, webhook)
    assert gone.status == 200 and "tls" not in gone.json
