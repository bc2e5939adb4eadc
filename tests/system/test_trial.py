"""Test sends: what is shown is what was sent, secrets apart, and nothing else happens.

SPDX-License-Identifier: Apache-2.0
"""
import json

import pytest

from harness.process import free_port
from harness.receiver import Receiver
from harness.system import run
from harness.wait import wait_until

MESSAGE = {"eventName": "orderPaid", "email": "ada@example.com", "dataFields": {"total": 12.5}}


def send(project, webhook, body=None):
    return project.api.post(project.hook_path(webhook) + "/test", body or {})


def try_it(project, webhook, body=None):
    """Once a sender is known to the console."""
    def answered():
        answer = send(project, webhook, body)
        return answer if answer.status != 503 else None
    answer = wait_until(answered, 10, "a sender is there")
    assert answer.status == 200, answer
    return answer.json


def test_the_request_is_shown_as_it_was_sent(sink, project, path):
    webhook = project.webhook(sink.url(path + "?c={{total}}"))
    seen = try_it(project, webhook, {"message": MESSAGE})
    request, kept = seen["request"], sink.requests(path)[-1]
    assert request["method"] == kept.method == "POST"
    assert request["target"] == kept.target == path + "?c=12.5"
    assert request["url"] == sink.url(path + "?c=12.5")
    assert [tuple(h) for h in request["headers"]] == kept.header_lines
    assert request["body"].encode() == kept.body
    assert json.loads(request["body"]) == MESSAGE
    assert seen["id"] == kept.headers["webhook-id"]
    assert seen["outcome"] == "delivered" and seen["error"] is None
    assert seen["response"]["status"] == 204
    assert seen["timingsMs"]["total"] >= seen["timingsMs"]["firstByte"] > 0


def test_the_answer_is_shown(sink, project, path):
    sink.behave(path, status=418, header="X-Teapot:yes", body="short and stout")
    webhook = project.webhook(sink.url(path))
    seen = try_it(project, webhook)
    assert seen["outcome"] == "retry" and seen["error"] == "http_418"
    assert seen["response"]["status"] == 418
    assert seen["response"]["body"] == "short and stout"
    assert ["X-Teapot", "yes"] in seen["response"]["headers"]


def test_a_large_answer_is_cut(sink, project, path):
    sink.behave(path, big_body=1000000)
    seen = try_it(project, project.webhook(sink.url(path)))
    assert len(seen["response"]["body"]) == 65536


def test_an_answer_cut_inside_a_character_is_text(project):
    receiver = Receiver("127.0.0.1")
    receiver.answers["/"] = (200, {}, ("x" + "ü" * 40000).encode())
    seen = try_it(project, project.webhook(receiver.url()))
    receiver.close()
    assert seen["response"]["body"] == "x" + "ü" * 32767 and seen["response"]["bodyCut"]


@pytest.mark.parametrize("secret", [
    {"auth": {"type": "basic", "username": "ada", "password": "s3cret-w0rd"}},
    {"auth": {"type": "bearer", "token": "s3cret-w0rd"}},
    {"headers": {"X-Api-Key": "s3cret-w0rd"}}])
def test_secrets_are_masked(sink, project, path, secret):
    webhook = project.webhook(sink.url(path), **secret)
    seen = try_it(project, webhook)
    kept = sink.requests(path)[-1]
    name = "X-Api-Key" if "headers" in secret else "Authorization"
    assert [name, "***"] in seen["request"]["headers"]
    assert kept.headers[name.lower()] != "***"
    assert kept.headers[name.lower()].split(" ")[-1] not in json.dumps(seen)
    assert "s3cret" not in json.dumps(seen)


def test_nothing_else_happens(sink, project, path):
    """No try, no delivery, no figure; a webhook that is disabled can be tested."""
    sink.behave(path, status=500)
    webhook = project.webhook(sink.url(path), enabled=False)
    seen = try_it(project, webhook, {"eventName": "emailOpen"})
    assert seen["message"]["eventName"] == "emailOpen"
    assert sink.stats(path)["requests"] == 1
    assert project.deliveries(webhook=webhook["id"]) == []
    stats = project.stats(webhook)
    assert stats["failed"] == 0
    assert not project.get_webhook(webhook)["enabled"]


def test_a_batch_of_one(sink, project, path):
    webhook = project.webhook(sink.url(path), batch={"maxEvents": 10, "maxWaitMs": 1000})
    seen = try_it(project, webhook, {"message": MESSAGE})
    assert json.loads(seen["request"]["body"]) == [MESSAGE]


def test_failures_are_told(sink, project, path):
    webhook = project.webhook(f"http://127.0.0.1:{free_port()}/nobody")
    seen = try_it(project, webhook)
    assert seen["error"] == "connect_failed" and seen["response"] is None
    sink.behave(path, stall=1)
    webhook = project.webhook(sink.url(path), timeoutMs=300)
    seen = try_it(project, webhook)
    assert seen["error"] == "timeout" and seen["request"]["method"] == "POST"


@pytest.mark.parametrize("body, field", [
    ({"eventName": "noSuchEvent"}, "eventName"), ({"message": 1}, "message"),
    ({"message": {}}, "message.eventName"), ({"message": {"eventName": 1}}, "message.eventName"),
    ({"message": {**MESSAGE, "dataFields": []}}, "message.dataFields"),
    ({"message": {**MESSAGE, "email": ""}}, "message.email"),
    ({"message": {**MESSAGE, "x": 1}}, "message"),
    ({"message": MESSAGE, "eventName": "emailOpen"}, "eventName"), ({"what": 1}, "what")])
def test_what_is_refused(sink, project, path, body, field):
    webhook = project.webhook(sink.url(path), wait=False)
    answer = send(project, webhook, body)
    assert answer.status == 400 and answer.json["field"] == field, answer


def test_another_project_has_no_such_webhook(system, sink, project, path):
    webhook = project.webhook(sink.url(path), wait=False)
    other = system.project()
    try:
        assert other.api.post(other.hook_path(webhook) + "/test", {}).status == 404
    finally:
        other.close()


def test_an_answer_does_not_reach_the_terminal_as_it_is(system, project):
    receiver = Receiver("127.0.0.1")
    receiver.answers["/"] = (200, {"X-A": "\x1b[31m"}, b"\x1b]0;owned\x07\nsecond line")
    webhook = project.webhook(receiver.url())
    try_it(project, webhook)
    shown = run("webhooks", "test", webhook["id"], "--project", project.id,
                env=system.client_environment())
    receiver.close()
    assert shown.returncode == 0 and "?[31m" in shown.stdout, shown
    assert "?]0;owned?\nsecond line" in shown.stdout and "\x1b" not in shown.stdout


def test_from_the_command_line(system, sink, project, path, tmp_path):
    webhook = project.webhook(sink.url(path))
    try_it(project, webhook)
    where = ["--project", project.id]
    done = run("webhooks", "test", webhook["id"], *where, env=system.client_environment())
    assert done.returncode == 0, done
    assert "POST " + path in done.stdout and "webhook-signature" in done.stdout
    assert "204" in done.stdout
    file = tmp_path / "message.json"
    file.write_text(json.dumps(MESSAGE))
    done = run("webhooks", "test", webhook["id"], *where, "--message", str(file), "--json",
               env=system.client_environment())
    assert json.loads(done.stdout)["message"] == MESSAGE
    sink.behave(path, status=500)
    done = run("webhooks", "test", webhook["id"], *where, "--event-name", "emailOpen",
               env=system.client_environment())
    assert done.returncode == 1 and "500" in done.stdout
