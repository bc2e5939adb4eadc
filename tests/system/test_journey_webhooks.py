"""Webhooks that journeys call, over the API: what is taken and refused, and what journeys
have kept.

SPDX-License-Identifier: Apache-2.0
"""
import json
import urllib.parse

import pytest

from harness.http import Api, problem
from harness.system import PARTITIONS
from harness.wait import wait_until

@pytest.fixture
def hooks(project):
    return project.path + "/webhooks"


def fields(**more):
    return {"name": "crm", "kind": "journey", "url": "https://example.com/hook", **more}


def made(project, **more):
    answer = project.api.post(project.path + "/webhooks", fields(**more))
    assert answer.status == 201, answer
    return answer.json


def test_defaults_and_changes(project):
    hook = made(project)
    assert hook["kind"] == "journey" and hook["method"] == "POST"
    assert hook["contentType"] == "application/json" and hook["keepAnswer"] is True
    assert hook["escape"] == "auto" and hook["missing"] == "empty"
    assert not {"eventNames", "filter", "ordering", "batch", "body"} & set(hook)
    where = project.hook_path(hook)
    changed = project.api.patch(where, {"method": "GET", "missing": "fail", "capture": {
        "profileFields": {"tier": "$.tier", "points": "$.points"}}})
    assert changed.status == 200 and changed.json["method"] == "GET", changed
    changed = project.api.patch(where, {"capture": {"profileFields": {"tier": None}}})
    assert changed.json["capture"] == {"profileFields": {"points": "$.points"}}
    changed = project.api.patch(where, {"capture": None, "keepAnswer": False})
    assert "capture" not in changed.json and changed.json["keepAnswer"] is False
    problem(project.api.patch(where, {"kind": "system", "eventNames": ["a"]}), 400, "read_only",
            "kind")
    # What was read can be sent back.
    assert project.api.patch(where, project.api.get(where).json).status == 200


def test_a_system_webhook_may_keep_no_answers(project):
    hook = project.webhook("https://example.com/", keepAnswer=False)
    assert hook["keepAnswer"] is False
    assert project.api.patch(project.hook_path(hook), {"keepAnswer": None}).json[
        "keepAnswer"] is True


@pytest.mark.parametrize("more, field", [
    ({"eventNames": ["a"]}, "eventNames"), ({"filter": {"n": 1}}, "filter"),
    ({"batch": {}}, "batch"), ({"ordering": "key"}, "ordering"), ({"method": "HEAD"}, "method"),
    ({"escape": "xml"}, "escape"), ({"missing": "no"}, "missing"),
    ({"hosts": ["a/b"]}, "hosts"), ({"body": "x" * (256 * 1024 + 1)}, "body"),
    ({"capture": {"profileFields": {"a": "$.a"}}}, "capture"),
    ({"method": "GET", "capture": {"profileFields": {}}}, "capture.profileFields"),
    ({"dataRetrieval": {"name": "1"}}, "dataRetrieval.name"),
    ({"dataRetrieval": {"name": "w", "fields": {"sky": {"path": "$.a", "type": "text"}}}},
     "dataRetrieval.fields.sky.type"),
    ({"url": "https://{{event.host}}/"}, "url"),
    ({"url": "{{event.scheme}}://example.com/"}, "url")])
def test_refused(project, hooks, more, field):
    problem(project.api.post(hooks, fields(**more)), 400, "invalid", field)


def test_export_and_apply(project):
    hook = made(project, method="GET", headers={"X-Key": "k-5131"}, hosts=["*.example.com"],
                url="https://{{event.host}}/a", sendProfileFields=["firstName"],
                dataRetrieval={"name": "w", "fields": {
                    "sky": {"path": "$.sky", "type": "string", "default": "?"}}})
    exported = project.api.get(project.path + "/export").json["webhooks"]
    assert exported[0]["kind"] == "journey" and exported[0]["headers"] == {"X-Key": "***"}
    answer = project.api.post(project.path + "/apply", {"webhooks": exported})
    assert [w["action"] for w in answer.json["webhooks"]] == ["unchanged"], answer
    other = {**fields(), "name": "other", "body": "{{event.id}}"}
    answer = project.api.post(project.path + "/apply", {"webhooks": [exported[0], other]})
    assert [w["action"] for w in answer.json["webhooks"]] == ["unchanged", "create"], answer
    assert project.get_webhook(hook)["version"] == 1
    system = {"name": "crm", "url": "https://example.com/", "eventNames": ["*"]}
    problem(project.api.post(project.path + "/apply", {"webhooks": [system]}), 400, "read_only",
            "webhooks[0].kind")


# --- what journeys have kept ----------------------------------------------------------


class Store:
    """Writes what routers write; into every partition, as one of them is the project's."""

    def __init__(self, project):
        self.redis, self.project = project.system.redis, project

    def keys(self, rest):
        return [f"pr:{{p{n}}}:{rest}" for n in range(PARTITIONS)]

    def hash(self, kind, name, mapping):
        for key in self.keys(f"{kind}:{self.project.id}:{name}"):
            self.redis.hset(key, mapping=mapping)

    def text(self, rest, value):
        for key in self.keys(rest):
            self.redis.set(key, value)

    def count(self, kind, name):
        return sum(self.redis.exists(k) for k in self.keys(f"{kind}:{self.project.id}:{name}"))


def get(project, kind, name):
    return project.api.get(f"{project.path}/{kind}/{urllib.parse.quote(name, safe='')}")


@pytest.mark.parametrize("user", ["ada@example.com", "a/b", "100%", "ü ?#"])
def test_profile(project, user):
    store = Store(project)
    problem(get(project, "profiles", user), 404, "not_found")
    store.hash("profile", user, {"tier": '1795421805000 "gold"', "points": "1795421806000 7",
                                 "broken": "x"})
    assert get(project, "profiles", user).json == {
        "user": user, "fields": {"tier": "gold", "points": 7},
        "updatedAt": {"tier": "2026-11-23T08:16:45.000Z", "points": "2026-11-23T08:16:46.000Z"}}
    where = f"{project.path}/profiles/{urllib.parse.quote(user, safe='')}"
    assert project.api.delete(where).status == 204
    problem(project.api.delete(where), 404)
    assert store.count("profile", user) == PARTITIONS - 1


def test_path(project):
    store = Store(project)
    store.hash("path", "path/77", {"weather": '{"sky":"blue"}', "n": "7"})
    answer = get(project, "paths", "path/77")
    assert answer.json == {"pathId": "path/77", "liveData": {"weather": {"sky": "blue"}, "n": 7}}
    assert project.api.get(project.path + "/paths/path/77").json == answer.json
    assert project.api.delete(project.path + "/paths/path%2F77").status == 204
    problem(get(project, "paths", "path/77"), 404)
    problem(project.api.get(project.path + "/paths/"), 404)
    problem(project.api.get(project.path + "/paths/a%zz"), 404)
    problem(get(project, "paths", "x" * 1025), 404)


def test_call(project):
    result = {"id": "evt_01ARZ3NDEKTSV4RRFFQ69G5FAV", "outcome": "delivered", "status": 200,
              "values": {"tier": "gold"}, "error": None}
    Store(project).text("call:" + result["id"], json.dumps(result))
    assert get(project, "calls", result["id"]).json == result
    problem(get(project, "calls", "evt_01ARZ3NDEKTSV4RRFFQ69G5FAW"), 404)
    problem(get(project, "calls", "dlv_01ARZ3NDEKTSV4RRFFQ69G5FAV"), 404)


def test_other_projects_see_nothing(system, project):
    Store(project).hash("profile", "ada", {"tier": '1 "gold"'})
    other = system.project()
    key = project.api.post(other.path + "/keys", {}).json["token"]
    answer = Api(system.console_base, key).get(project.path + "/profiles/ada")
    problem(answer, 403)
    problem(get(other, "profiles", "ada"), 404)


def test_a_deleted_project_takes_them_with_it(system):
    doomed, other = system.project(), system.project()
    store, kept = Store(doomed), Store(other)
    store.hash("profile", "ada@example.com", {"tier": '1 "gold"'})
    store.hash("path", "path-77", {"n": "7"})
    # The name of another's profile that looks like one of this project.
    kept.hash("profile", f"x:{doomed.id}:y", {"tier": '1 "gold"'})
    assert doomed.api.delete(doomed.path).status == 204
    wait_until(lambda: store.count("profile", "ada@example.com") == PARTITIONS - 1 and
               store.count("path", "path-77") == PARTITIONS - 1, 5, "they are gone")
    assert kept.count("profile", f"x:{doomed.id}:y") == PARTITIONS
