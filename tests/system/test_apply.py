"""Export and apply: a project as one file, idempotent, with its secrets kept.

SPDX-License-Identifier: Apache-2.0
"""
import copy
import json

import pytest

from harness.http import Api, problem
from harness.system import run
from harness.tls import Identity

SECRET = "whsec_c2VudGluZWwtc2lnbmluZy05MTcyLXNlbnRpbmVs"
CRM = {"name": "crm", "kind": "system", "url": "https://crm.example.com/hook",
       "eventNames": ["emailSend"], "headers": {"X-Api-Key": "k-9172"},
       "auth": {"type": "basic", "username": "ada", "password": "p-9172"},
       "signing": {"secrets": [SECRET]}, "timeoutMs": 9000,
       "batch": {"maxEvents": 50, "maxWaitMs": 200}}
PLAIN = {"name": "plain", "url": "https://plain.example.com/", "eventNames": ["*"]}
SET_BY_THE_CONSOLE = {"id", "project", "createdAt", "updatedAt", "version", "disabledReason"}


def version_of(system):
    return int(system.redis.get("pr:{cfg}:version"))


class Applier:
    def __init__(self, system, project):
        self.system, self.project, self.api = system, project, system.api

    def __call__(self, webhooks, **more):
        return self.api.post(self.project.path + "/apply", {"webhooks": webhooks, **more})

    def actions(self, webhooks, **more):
        answer = self(webhooks, **more)
        assert answer.status == 200, answer
        return {w["name"]: w["action"] for w in answer.json["webhooks"]}

    def export(self):
        answer = self.api.get(self.project.path + "/export")
        assert answer.status == 200, answer
        return answer.json

    def stored(self):
        return {w["name"]: w for w in self.api.pages(self.project.path + "/webhooks")}

    def raw(self, name):
        return self.system.redis.hget("pr:{cfg}:webhook", self.stored()[name]["id"])


@pytest.fixture
def applied(system, project):
    return Applier(system, project)


def test_the_second_time_there_is_nothing_to_do(system, applied):
    assert applied.actions([CRM, PLAIN]) == {"crm": "create", "plain": "create"}
    before, raw = version_of(system), applied.raw("crm")
    assert applied.actions([CRM, PLAIN]) == {"crm": "unchanged", "plain": "unchanged"}
    assert version_of(system) == before and applied.raw("crm") == raw
    assert applied.stored()["crm"]["version"] == 1


def test_keys_and_certificates(system, applied):
    """As any other secret: written out or masked, it is what it was."""
    client = Identity("client").as_client()
    mutual = {**PLAIN, "tls": client,
              "signing": {"secrets": ["whsk_" + "YWFh" * 10 + "YWE="]}}
    assert applied.actions([mutual]) == {"plain": "create"}
    assert applied.actions([mutual]) == {"plain": "unchanged"}
    out = applied.export()["webhooks"]
    assert set(out[0]["tls"]) == {"clientCertificate", "clientKey"}
    assert set(out[0]["signing"]) == {"enabled", "algorithm", "secrets"}
    assert client["clientKey"] not in json.dumps(out)
    assert applied.actions(out) == {"plain": "unchanged"}
    assert applied.actions([PLAIN]) == {"plain": "update"}
    assert "tls" not in applied.stored()["plain"]


def test_an_export_is_applied_as_it_is(system, applied):
    applied.actions([PLAIN, CRM])
    out = applied.export()
    assert [w["name"] for w in out["webhooks"]] == ["crm", "plain"]
    assert set(out["project"]) == {"id", "name"}
    text = json.dumps(out)
    assert not any(secret in text for secret in ("k-9172", "p-9172", SECRET))
    for webhook in out["webhooks"]:
        assert not SET_BY_THE_CONSOLE & set(webhook)
    before = version_of(system)
    answer = applied(out["webhooks"], project=out["project"])
    assert answer.json["project"]["action"] == "unchanged"
    assert {w["action"] for w in answer.json["webhooks"]} == {"unchanged"}
    assert version_of(system) == before


def test_round_trip_into_another_project(system, applied):
    applied.actions([PLAIN, {**CRM, "headers": {}, "auth": {"type": "none"}}])
    out = applied.export()
    name = applied.project.id + "-copy"
    out["project"]["id"] = name
    answer = system.api.post(f"/v1/projects/{name}/apply", out)
    assert answer.status == 200 and answer.json["project"]["action"] == "create", answer
    made = {w["name"]: w for w in answer.json["webhooks"]}
    assert {w["action"] for w in made.values()} == {"create"}
    # Signing secrets can be made; they are shown this once.
    assert made["plain"]["signing"]["secrets"][0].startswith("whsec_")
    assert system.api.get(f"/v1/projects/{name}/export").json == out
    assert system.api.delete(f"/v1/projects/{name}").status == 204


def test_what_the_file_leaves_out_goes_back_to_its_default(applied):
    applied.actions([CRM])
    bare = {k: CRM[k] for k in ("name", "url", "eventNames")}
    answer = applied([bare])
    changes = {c["field"]: (c["from"], c["to"]) for c in answer.json["webhooks"][0]["changes"]}
    assert changes["timeoutMs"] == (9000, 15000)
    assert changes["batch.maxEvents"] == (50, None)
    assert changes["headers.X-Api-Key"] == ("***", None)
    assert changes["auth.type"] == ("basic", "none")
    after = applied.stored()["crm"]
    assert after["headers"] == {} and after["auth"] == {"type": "none"}
    # But for the signing secret: nobody could write down one that was made here.
    assert not any(field.startswith("signing") for field in changes)
    assert after["signing"]["secrets"] == ["***"]


def test_dry_run_writes_nothing(system, applied):
    applied.actions([CRM, PLAIN])
    before = version_of(system), applied.raw("crm")
    wanted = copy.deepcopy(CRM)
    wanted["timeoutMs"] = 8000
    wanted["auth"]["password"] = "p-other"
    answer = applied([wanted, {**PLAIN, "name": "new"}], dryRun=True, prune=True)
    assert answer.json["dryRun"] is True
    got = {w["name"]: w for w in answer.json["webhooks"]}
    assert {n: w["action"] for n, w in got.items()} == {
        "crm": "update", "new": "create", "plain": "delete"}
    assert got["crm"]["changes"] == [
        {"field": "auth.password", "from": "***", "to": "***"},
        {"field": "timeoutMs", "from": 9000, "to": 8000}]
    assert {"field": "url", "from": None, "to": PLAIN["url"]} in got["new"]["changes"]
    assert "signing" not in got["new"] and "p-other" not in answer.text
    assert (version_of(system), applied.raw("crm")) == before
    missing = system.api.post(applied.project.path + "-new/apply",
                              {"webhooks": [PLAIN], "dryRun": True})
    assert missing.json["project"]["action"] == "create"
    assert system.api.get(applied.project.path + "-new").status == 404


def test_prune(system, applied):
    applied.actions([CRM, PLAIN])
    crm = applied.stored()["crm"]["id"]
    assert applied.actions([PLAIN]) == {"plain": "unchanged"}
    assert set(applied.stored()) == {"crm", "plain"}
    assert applied.actions([PLAIN], prune=True) == {"plain": "unchanged", "crm": "delete"}
    assert set(applied.stored()) == {"plain"}
    # What it leaves is to be removed, as after a DELETE.
    assert any(system.redis.zscore(key, crm)
               for key in system.redis.scan_iter(match="pr:{p*}:purge"))
    assert applied.actions([], prune=True) == {"plain": "delete"}
    assert applied.export()["webhooks"] == []


def test_nothing_is_changed_when_one_is_wrong(system, applied):
    applied.actions([PLAIN])
    before = version_of(system)
    good = {**PLAIN, "timeoutMs": 7000}
    for field, value, where in [
            ("url", "http//x", "webhooks[1].url"),
            ("noSuch", 1, "webhooks[1].noSuch"),
            ("headers", {"Host": "x"}, "webhooks[1].headers.Host"),
            ("id", "wh_00000000000000000000000000", "webhooks[1].id"),
            ("headers", {"X-A": "***"}, "webhooks[1].headers.X-A"),
            ("auth", {"type": "bearer", "token": "***"}, "webhooks[1].auth.token")]:
        answer = applied([good, {**CRM, field: value}], project={"name": "Other"})
        problem(answer, 400, field=where)
        assert "crm" in answer.json["detail"]
    problem(applied([good, good]), 400, "invalid", "webhooks[1].name")
    problem(applied([good, 5]), 400, "invalid", "webhooks[1]")
    problem(applied([{"url": "https://example.com"}]), 400, field="webhooks[0].name")
    problem(applied({}), 400, "invalid", "webhooks")
    problem(applied([], dryRun=1), 400, "invalid", "dryRun")
    problem(applied([], project={"id": "other"}), 400, "invalid", "project.id")
    problem(applied([], project={"colour": "red"}), 400, "unknown_field", "project.colour")
    problem(applied([], colour="red"), 400, "unknown_field", "colour")
    assert version_of(system) == before
    assert set(applied.stored()) == {"plain"}


def test_a_filter_is_one_value(applied):
    one = {**PLAIN, "filter": {"email": None, "userId": {"$exists": True}}}
    assert applied.actions([one]) == {"plain": "create"}
    assert applied.actions([one]) == {"plain": "unchanged"}
    assert applied.export()["webhooks"][0]["filter"] == one["filter"]
    two = {**PLAIN, "filter": {"email": {"$ne": None}}}
    assert applied.actions([two]) == {"plain": "update"}
    assert applied.stored()["plain"]["filter"] == two["filter"]
    assert applied.actions([PLAIN]) == {"plain": "update"}
    assert "filter" not in applied.stored()["plain"]


def test_what_fails_half_way_goes_on_the_next_time(system, applied):
    """Somebody else takes a name between the check and the write."""
    taken = f"{applied.project.id}/taken"
    system.redis.hset("pr:{cfg}:name", taken, "wh_00000000000000000000000000")
    webhooks = [PLAIN, {**PLAIN, "name": "taken"}, {**PLAIN, "name": "last"}]
    answer = applied(webhooks, project={"name": "Renamed"})
    problem(answer, 409, "exists")
    assert "taken" in answer.json["detail"] and "2 of 4 changes are made" in answer.json["detail"]
    assert set(applied.stored()) == {"plain"}
    system.redis.hdel("pr:{cfg}:name", taken)
    assert applied.actions(webhooks) == {"plain": "unchanged", "taken": "create",
                                         "last": "create"}


def test_what_a_receiver_has_switched_off_stays_off(system, applied):
    applied.actions([{**PLAIN, "enabled": True}])
    webhook = applied.stored()["plain"]["id"]
    system.redis.hset("pr:{cfg}:disabled", webhook, "gone")
    assert applied.actions([{**PLAIN, "enabled": True}]) == {"plain": "unchanged"}
    assert applied.actions([{**PLAIN, "enabled": True, "timeoutMs": 7000}]) == {"plain": "update"}
    assert system.redis.hget("pr:{cfg}:disabled", webhook) == b"gone"
    assert applied.export()["webhooks"][0]["enabled"] is True


def test_masked_and_other_secrets(applied):
    applied.actions([CRM])
    masked = {**CRM, "headers": {"X-Api-Key": "***"}, "signing": {"secrets": ["***"]},
              "auth": {"type": "basic", "username": "bob", "password": "***"}}
    answer = applied([masked])
    assert [c["field"] for c in answer.json["webhooks"][0]["changes"]] == ["auth.username"]
    # The password is still the one that was given first.
    clear = copy.deepcopy(CRM)
    clear["auth"]["username"] = "bob"
    assert applied.actions([clear]) == {"crm": "unchanged"}
    clear["headers"]["X-Api-Key"] = "k-other"
    assert applied.actions([clear]) == {"crm": "update"}


def test_a_rotation_goes_on(system, applied):
    applied.actions([CRM])
    path = f"{applied.project.path}/webhooks/{applied.stored()['crm']['id']}"
    fresh = system.api.post(path + "/secrets/rotate").json["signing"]["secrets"][0]
    kept = applied.raw("crm")
    assert applied.actions([{**CRM, "signing": {"secrets": ["***"]}}]) == {"crm": "unchanged"}
    assert applied.actions([{**CRM, "signing": {"secrets": [fresh]}}]) == {"crm": "unchanged"}
    assert applied.actions([{**CRM, "signing": {}}]) == {"crm": "unchanged"}
    assert applied.raw("crm") == kept


def test_keys(system, applied):
    token = system.api.post(applied.project.path + "/keys", {}).json["token"]
    own = Api(system.console_base, token)
    path = applied.project.path
    assert own.post(path + "/apply", {"webhooks": [PLAIN]}).status == 200
    assert own.get(path + "/export").json["webhooks"][0]["name"] == "plain"
    problem(own.post(path + "/apply", {"webhooks": [], "project": {"name": "Mine"}}), 403,
            "forbidden", "project.name")
    problem(own.post("/v1/projects/other/apply", {"webhooks": []}), 403)
    problem(system.api.post("/v1/projects/No/apply", {"webhooks": []}), 400, "invalid",
            "project.id")
    problem(system.api.get("/v1/projects/no-such/export"), 404)
    renamed = system.api.post(path + "/apply", {"webhooks": [], "project": {"name": "Mine"}})
    assert renamed.json["project"] == {"id": applied.project.id, "name": "Mine",
                                       "action": "update"}
    assert system.api.get(path).json["name"] == "Mine"


def test_command(system, applied, tmp_path):
    env = system.client_environment()
    file = tmp_path / "project.json"

    def cli(*argv, code=0, **more):
        out = run(*argv, env={**env, **more})
        assert out.returncode == code, (argv, out)
        return out.stdout + out.stderr

    name = applied.project.id + "-file"
    crm = {**CRM, "auth": {"type": "bearer", "token": "${CRM_TOKEN}"},
           "headers": {"X-Note": "costs $5, $${not this}"}}
    file.write_text(json.dumps({"project": {"id": name, "name": "From a file"},
                                "webhooks": [crm, PLAIN]}))
    assert "webhooks[0].auth.token" in cli("apply", "-f", str(file), code=2)
    token = {"CRM_TOKEN": "t-9172"}
    out = cli("apply", "-f", str(file), "--dry-run", **token)
    assert "create project " + name in out and "would be: 2 created" in out
    assert system.api.get("/v1/projects/" + name).status == 404
    out = cli("apply", "-f", str(file), **token)
    assert "done: 2 created" in out and "whsec_" in out and "t-9172" not in out
    assert "nothing to do, 2 unchanged" in cli("apply", "--file", str(file), **token)
    out = cli("apply", "-f", str(file), CRM_TOKEN="t-other")
    assert "auth.token: another secret" in out
    exported = cli("export", "--project", name)
    file.write_text(exported)
    assert "nothing to do" in cli("apply", "-f", str(file))
    document = json.loads(exported)
    document["webhooks"][0]["timeoutMs"] = 5000
    del document["webhooks"][1]
    file.write_text(json.dumps(document))
    out = cli("apply", "-f", str(file), "--prune", "--dry-run")
    assert "timeoutMs: 9000 -> 5000" in out and "delete webhook plain" in out
    answer = json.loads(cli("apply", "-f", str(file), "--prune", "--json"))
    assert [w["action"] for w in answer["webhooks"]] == ["update", "delete"]
    cli("apply", "-f", str(tmp_path / "no-such.json"), code=2)
    cli("apply", code=2)
    file.write_text(json.dumps({"webhooks": [{"name": "x"}]}))
    assert "webhooks[0].url" in cli("apply", "-f", str(file), "--project", name, code=1)
    assert system.api.delete("/v1/projects/" + name).status == 204
