"""Templates of webhooks that journeys call: refused with their place when they are saved,
and shown as a call would send them.

SPDX-License-Identifier: Apache-2.0
"""
import json

import pytest

from harness.http import problem

CALL = {"tile": "userProfile", "journeyId": "welcome", "pathId": "path-77",
        "email": "ada@example.com", "profile": {"firstName": "Ada"},
        "event": {"id": "e 1", "variant": "b"}}


@pytest.fixture
def hooks(project):
    return project.path + "/webhooks"


def fields(**more):
    return {"name": "crm", "kind": "journey", "url": "https://example.com/hook", **more}


def made(project, **more):
    answer = project.api.post(project.path + "/webhooks", fields(**more))
    assert answer.status == 201, answer
    return answer.json


@pytest.mark.parametrize("more, field", [
    ({"body": "{\n{{#if}}x{{/if}}"}, "body"), ({"url": "https://example.com/{{#each a}}"}, "url"),
    ({"headers": {"X-Id": "{{#if"}}, "headers.X-Id"),
    ({"method": "GET", "capture": {"profileFields": {"tier": "$.tier["}}},
     "capture.profileFields.tier"),
    ({"dataRetrieval": {"name": "w", "fields": {"sky": {"path": "sky", "type": "string"}}}},
     "dataRetrieval.fields.sky.path")])
def test_a_broken_template_is_named_with_its_place(project, hooks, more, field):
    answer = project.api.post(hooks, fields(**more))
    problem(answer, 400, None, field)
    assert answer.json["code"] in ("invalid_template", "invalid")


def test_a_file_with_a_broken_template(project):
    answer = project.api.post(project.path + "/apply", {"webhooks": [fields(body="{{#if}}")]})
    problem(answer, 400, "invalid_template", "webhooks[0].body")


def test_the_place_of_a_fault(project, hooks):
    answer = project.api.post(hooks, fields(body="{\n  {{#if event.a}}x"))
    problem(answer, 400, "invalid_template", "body")
    assert "line 2, column" in answer.json["detail"], answer


def preview(project, hook, **call):
    return project.api.post(project.hook_path(hook) + "/preview", call or None)


def test_preview_of_the_default_body(project):
    hook = made(project, sendProfileFields=["firstName"], url="https://example.com/{{event.id}}",
                auth={"type": "bearer", "token": "t-9913"}, headers={"X-Key": "k-9913"})
    answer = preview(project, hook, **CALL, params={"v": "{{event.variant}}"})
    assert answer.status == 200, answer
    seen = answer.json
    assert seen["method"] == "POST" and seen["url"] == "https://example.com/e%201?v=b"
    assert seen["headers"] == {"Content-Type": "application/json", "Authorization": "***",
                               "X-Key": "***"}
    assert json.loads(seen["body"]) == {
        "journeyId": "welcome", "pathId": "path-77", "email": "ada@example.com",
        "profile": {"firstName": "Ada"}, "event": CALL["event"]}
    assert "9913" not in answer.text


def test_preview_of_a_template(project):
    hook = made(project, body='{"to":"{{email}}","sky":"{{liveData.weather.sky}}"}')
    answer = preview(project, hook, **CALL, liveData={"weather": {"sky": 'a "b"'}})
    assert answer.status == 200, answer
    assert json.loads(answer.json["body"]) == {"to": "ada@example.com", "sky": 'a "b"'}


def test_preview_without_a_sample(project):
    hook = made(project, body="{{email}}", contentType="text/plain")
    assert preview(project, hook).json["body"] == "ada@example.com"
    got = made(project, name="get", method="GET")
    answer = preview(project, got)
    assert answer.json == {"method": "GET", "url": "https://example.com/hook", "headers": {},
                           "body": None}


def test_preview_of_what_cannot_be_sent(project, hooks):
    hook = made(project, body="a\n{{event.nothing}}", missing="fail")
    answer = preview(project, hook, **CALL)
    problem(answer, 422, "render_failed", "body")
    assert "line 2, column" in answer.json["detail"], answer
    problem(preview(project, hook, tile="exit"), 400, "invalid", "tile")
    problem(preview(project, hook, colour="red"), 400, "unknown_field", "colour")
    problem(preview(project, hook, event=[]), 400, "invalid", "event")
    plain = project.webhook("https://example.com/")
    problem(preview(project, plain), 409, "not_a_journey")
    problem(project.api.post(hooks + "/wh_00000000000000000000000000/preview"), 404)


def test_preview_of_a_draft(project, hooks):
    where = project.path + "/preview"
    answer = project.api.post(where, {"webhook": fields(body="{{event.id}}",
                                                        contentType="text/plain"),
                                      "sample": CALL})
    assert answer.status == 200 and answer.json["body"] == "e 1", answer
    assert list(project.api.pages(hooks)) == []
    problem(project.api.post(where, {"webhook": fields(body="{{#if}}")}), 400,
            "invalid_template", "webhook.body")
    problem(project.api.post(where, {"webhook": fields(), "sample": {"event": 1}}), 400,
            "invalid", "sample.event")
    problem(project.api.post(where, {}), 400, "invalid", "webhook")


# --- test sends -----------------------------------------------------------------------


def send(project, hook, **request):
    answer = project.api.post(project.hook_path(hook) + "/test", request)
    assert answer.status == 200, answer
    return answer.json


def test_a_test_send_is_what_the_preview_shows(project, sink, path):
    hook = made(project, url=sink.url(path) + "?id={{event.id}}", method="PUT",
                headers={"X-Key": "k-{{event.variant}}"},
                body='{"to":"{{email}}","sky":"{{liveData.weather.sky}}"}')
    call = {**CALL, "params": {"v": "{{event.variant}}"}, "liveData": {"weather": {"sky": "blue"}}}
    shown, seen = preview(project, hook, **call).json, send(project, hook, message=call)
    assert seen["outcome"] == "delivered", seen
    assert seen["request"]["method"] == "PUT" and seen["url"] == shown["url"]
    assert seen["request"]["body"] == shown["body"]
    assert json.loads(seen["request"]["body"]) == {"to": "ada@example.com", "sky": "blue"}
    assert ["X-Key", "***"] in seen["request"]["headers"]
    got = sink.requests(path)
    assert len(got) == 1 and got[0].headers["x-key"] == "k-b"
    assert got[0].body.decode() == shown["body"]


def test_a_test_send_that_cannot_be_made(project, sink, path):
    hook = made(project, url=sink.url(path), missing="fail", body="{{event.nothing}}")
    seen = send(project, hook)
    assert seen["outcome"] != "delivered" and seen["request"] is None, seen
    problem(project.api.post(project.hook_path(hook) + "/test", {"message": {"tile": 1}}), 400,
            "invalid", "message.tile")
    problem(project.api.post(project.hook_path(hook) + "/test", {"eventName": "emailOpen"}), 400,
            "invalid", "eventName")
