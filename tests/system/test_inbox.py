"""The inbox: what it answers, what it knows of signatures, and listen.

SPDX-License-Identifier: Apache-2.0
"""
import http.server
import os
import socket
import subprocess
import threading

import pytest

from harness.http import request
from harness.http_server import HttpServer
from harness.process import Process, binary
from harness.wait import wait_until


def inbox(system, name):
    answer = system.api.get(f"/v1/inboxes/{name}")
    assert answer.status == 200, answer
    return answer.json["data"]


def test_what_it_answers(system, project):
    url = f"{system.console_base}/inbox/{project.id}/a"
    assert request("POST", url).status == 204
    answer = request("POST", url + "?status=503&body=not%20now")
    assert answer.status == 503 and answer.text == "not now"
    answer = request("PUT", url + "?body=fine")
    assert answer.status == 200 and answer.text == "fine"
    assert {"name": project.id} in system.api.get("/v1/inboxes").json["data"]


def test_a_nul_is_text_as_any_other(system, project):
    request("POST", f"{system.console_base}/inbox/{project.id}", body=b"a\0b")
    [kept] = inbox(system, project.id)
    assert kept["body"] == "a\0b"


@pytest.mark.parametrize("query", ["status=99", "status=x", "delayMs=30001", "delayMs=-1"])
def test_what_it_refuses(system, project, query):
    answer = request("POST", f"{system.console_base}/inbox/{project.id}?{query}")
    assert answer.status == 400 and answer.json["field"] == query.split("=")[0]
    assert inbox(system, project.id) == []


def test_a_delay_is_felt_by_the_sender(system, project):
    """And by nobody else."""
    project.webhook(f"{system.console_base}/inbox/{project.id}?delayMs=30000", timeoutMs=300)
    event = project.publish_one()
    delivery = project.wait_status(event, "waiting")
    assert delivery["attempts"][0]["error"] == "timeout"
    assert request("POST", f"{system.console_base}/inbox/{project.id}").status == 204


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "ed25519"])
def test_the_signature_is_checked(system, project, algorithm):
    name = f"{project.id}-{algorithm}"
    webhook = project.webhook(f"{system.console_base}/inbox/{name}",
                              signing={"enabled": True, "algorithm": algorithm})
    project.publish_one()
    [kept] = wait_until(lambda: inbox(system, name), 10, "it is kept")
    assert kept["signature"] == {"valid": True, "why": None}
    # The same again with another body, and without any signature.
    headers = {k: v for k, v in kept["headers"].items() if k.lower().startswith("webhook-")}
    request("POST", f"{system.console_base}/inbox/{name}", body=b"{}", headers=headers)
    request("POST", f"{system.console_base}/inbox/{name}", body=b"{}")
    kept = inbox(system, name)
    assert [k["signature"]["valid"] for k in kept] == [None, False, True]
    # Rotated, the old secret is still one of the webhook's.
    project.api.post(project.hook_path(webhook) + "/secrets/rotate", {})
    assert inbox(system, name)[-1]["signature"]["valid"] is True


def test_a_piece_of_a_signature_is_none(system, project):
    url = f"{system.console_base}/inbox/{project.id}"
    project.webhook(url)
    project.publish_one()
    [kept] = wait_until(lambda: inbox(system, project.id), 10, "it is kept")
    right = {k.lower(): v for k, v in kept["headers"].items()}
    signature = right["webhook-signature"]
    others = ["v", "=", "v1,", signature[:-1], signature[3:], signature + "A", "v1,AAAA v2,x"]
    for value in others + ["v1,AAAA " + signature]:
        headers = {k: v for k, v in right.items() if k.startswith("webhook-")}
        request("POST", url, body=kept["body"].encode(),
                headers={**headers, "webhook-signature": value})
    valid = [k["signature"]["valid"] for k in reversed(inbox(system, project.id)[:-1])]
    assert valid == [False] * len(others) + [True]


def test_without_a_webhook_nothing_is_known(system, project):
    request("POST", f"{system.console_base}/inbox/{project.id}",
            headers={"webhook-signature": "v1,abc"})
    assert inbox(system, project.id)[0]["signature"]["valid"] is None


class Local(http.server.BaseHTTPRequestHandler):
    """A program under development."""
    seen = []

    def do_PATCH(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, dict(self.headers), body))
        self.send_response(418)
        self.end_headers()

    do_POST = do_PATCH

    def do_HEAD(self):
        """Promises a body, as the answer to a GET would."""
        self.seen.append((self.command, self.path, dict(self.headers), b""))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.flush()
        self.server.hold.wait(20)

    def log_message(self, *_):
        pass


@pytest.fixture
def local():
    Local.seen.clear()
    server = HttpServer(("127.0.0.1", 0), Local)
    server.hold = threading.Event()
    server.start()
    yield server
    server.hold.set()
    server.stop()


def listen_to(system, project, local, tmp_path):
    where = f"http://127.0.0.1:{local.server_port}"
    return Process("listen", [binary("postrider"), "listen", "--forward", where, "--inbox",
                              project.id],
                   system.client_environment(), os.path.join(tmp_path, "listen.log"))


def test_listen_adds_and_takes_away_nothing(system, project, tmp_path, local):
    url = f"{system.console_base}/inbox/{project.id}"
    listener = listen_to(system, project, local, tmp_path)
    try:
        wait_until(lambda: "listening" in listener.log(), 10, "it listens")
        raw_post(system, f"/inbox/{project.id}?q=1", "X-Empty:\r\n")
        raw_post(system, f"/inbox/{project.id}/a/../b", "Proxy-Connection: close\r\n")
        request("HEAD", url + "/head")
        raw_post(system, f"/inbox/{project.id}/after", "")
        wait_until(lambda: len(Local.seen) == 4, 5, "they are passed on, and HEAD holds up none")
    finally:
        assert listener.stop() == 0
    own = {"Host": f"127.0.0.1:{local.server_port}", "Content-Length": "2"}
    assert Local.seen[0] == ("POST", "/?q=1", {**own, "X-Empty": ""}, b"hi")
    assert Local.seen[1] == ("POST", "/a/../b", own, b"hi")
    assert Local.seen[2][:2] == ("HEAD", "/head")
    assert Local.seen[3] == ("POST", "/after", own, b"hi")


def raw_post(system, target, headers):
    """Without the headers that a client adds."""
    host, port = system.console_base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as s:
        s.sendall(f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n{headers}\r\nhi"
                  .encode())
        assert s.recv(4096).startswith(b"HTTP/1.1 204 ")


def test_listen(system, project, tmp_path, local):
    """Only what is new, whole, and on after an error."""
    where = f"http://127.0.0.1:{local.server_port}"
    url = f"{system.console_base}/inbox/{project.id}"
    request("POST", url + "/old")
    listener = listen_to(system, project, local, tmp_path)
    try:
        wait_until(lambda: "listening" in listener.log(), 10, "it listens")
        request("PATCH", url + "/new/er?a=b%20c", body=b"raw \xff", headers={"X-Own": "yes"})
        wait_until(lambda: Local.seen, 10, "it is passed on")
        method, path, headers, body = Local.seen[0]
        assert (method, path, body) == ("PATCH", "/new/er?a=b%20c", b"raw \xff")
        assert headers["X-Own"] == "yes" and headers["Host"] == where[7:]
        wait_until(lambda: "PATCH /new/er?a=b%20c -> 418" in listener.log(), 5, "it says so")
        local.shutdown()
        local.server_close()
        request("POST", url + "/lost")
        wait_until(lambda: "POST /lost -> " in listener.log(), 10, "it goes on")
        assert len(Local.seen) == 1
    finally:
        assert listener.stop() == 0


def test_listen_wants_to_know_where(system):
    done = subprocess.run([binary("postrider"), "listen"], env=system.client_environment(),
                          capture_output=True, text=True)
    assert done.returncode == 2 and "--forward" in done.stderr
