"""No secret of a credential, and no token, is where it does not belong.

SPDX-License-Identifier: Apache-2.0
"""
import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness.http import request
from harness.process import children_of
from harness.system import Up, run
from harness.token_server import Receiver, TokenServer
from harness.wait import wait_until
from test_secrets import Secrets, everything_in_redis


@pytest.fixture(scope="module")
def up():
    made = Up({"LOG_LEVEL": "debug"})
    yield made
    made.close()


class Key:
    """As an identity of harness.tls has one."""

    def __init__(self, key):
        self.key_pem = key.private_bytes(serialization.Encoding.PEM,
                                         serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()).decode()


def documents(secrets):
    """One credential for each way to prove who one is."""
    basic = secrets.text("basic")
    secrets.forms["basic header"] = [base64.b64encode(f"client:{basic}".encode())[12:-4]]
    return [
        {"clientSecret": basic, "extraParams": {"password": secrets.text("param")}},
        {"clientSecret": secrets.text("post"), "clientAuth": "client_secret_post"},
        {"clientAuth": "private_key_jwt", "privateKey": secrets.pem(Key(
            rsa.generate_private_key(public_exponent=65537, key_size=2048)))},
        {"clientAuth": "private_key_jwt", "privateKey": secrets.pem(Key(
            ec.generate_private_key(ec.SECP256R1())))},
    ]


def everything_served(up, project, credentials):
    where = ["", "/credentials", "/webhooks", "/deliveries", "/events", "/export"]
    where = [project.path + x for x in where] + ["/v1/status"]
    where += [project.credential_path(c) for c in credentials]
    where += [f"{project.path}/deliveries/{d['id']}" for d in project.deliveries()]
    out = [up.api.get(path).body for path in where]
    out += [up.api.post(project.credential_path(c) + "/test").body for c in credentials]
    for service in ("router", "tokens", "sender", "console"):
        out.append(request("GET", up.admin_base(service) + "/metrics").body)
    shown = run("credentials", "list", "--project", project.id, "--json",
                env=up.client_environment())
    assert shown.returncode == 0, shown
    return out + [shown.stdout.encode(), shown.stderr.encode()]


def test_no_secret_is_anywhere(up, path):
    secrets, project = Secrets(), up.project()
    project.wait_known()
    servers = [TokenServer(secrets.text(f"token{i}")) for i in range(4)]
    receiver = Receiver()
    seen = []
    made = [project.credential(server, **{"clientSecret": None, **fields})
            for server, fields in zip(servers, documents(secrets))]
    for i, credential in enumerate(made):
        webhook = project.oauth_webhook(receiver.url(f"/{i}"), credential, wait=False)
        seen.append(up.api.post(project.hook_path(webhook) + "/test").body)
    up.wait_config()
    events = project.publish(3)
    wait_until(lambda: all(set(events) <= receiver.events(f"/{i}") for i in range(4)), 15,
               "all are delivered")
    # Refused, and told what was sent; renewed; asked for in vain.
    receiver.refused = {t for server in servers for t in server.issued}
    more = project.publish(2)
    wait_until(lambda: all(set(more) <= receiver.events(f"/{i}") for i in range(4)), 15,
               "all are delivered again")
    for server in servers:
        echo = str(server.requests[-1])
        server.ill(400, {"error": "invalid_client", "error_description": echo})
        seen.append(str(server.requests).encode())
    assert all(secrets.found_in(x) for x in seen[-4:-2]), "the search finds what is there"
    del seen[-4:]
    answers = [up.api.post(project.credential_path(c) + "/test") for c in made]
    assert all(a.json["error"] == "oauth_invalid_client" for a in answers), answers
    seen += [a.body for a in answers]
    seen += everything_served(up, project, made)
    with open(up.up.log_path, "rb") as log:
        seen.append(log.read())
    seen.append(everything_in_redis(up))
    for data in seen:
        assert not secrets.found_in(data), data[:300]
    for server in servers:
        server.close()
    receiver.close()
    project.close()


def test_no_core_dump(up):
    pid = next(p for p, name in children_of(up.up.pid).items() if name == "postrider-tokens")
    with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
        line = next(x for x in limits if x.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"], line
