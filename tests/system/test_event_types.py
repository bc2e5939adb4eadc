"""The catalogue of system events: every name, samples that fit their fields, the command.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import json
import os
import re

import pytest

from harness.http import Api, problem, request
from harness.system import Up, run
from harness.wait import wait_until

CHANNELS = {
    "email": "emailSend emailSendSkip emailOpen emailClick emailBounce emailComplaint "
             "emailSubscribe emailUnSubscribe hostedUnsubscribeClick",
    "push": "pushSend pushSendSkip pushOpen pushBounce pushUninstall",
    "inApp": "inAppSend inAppSendSkip inAppDelivery inAppOpen inAppClick inAppClose "
             "inAppDelete inAppRecall",
    "sms": "smsSend smsSendSkip smsBounce smsClick smsReceived",
    "webPush": "webPushSend webPushSendSkip webPushClick",
    "embedded": "embeddedReceived embeddedClick embeddedImpression embeddedSession",
    "whatsApp": "whatsAppSend whatsAppSendSkip whatsAppSeen whatsAppClick whatsAppBounce "
                "whatsAppReceived",
    "journey": "journeyExit",
    "postrider": "delivery.dead webhook.disabled",
}
NAMES = {name: channel for channel, names in CHANNELS.items() for name in names.split()}
CAMPAIGN = {"campaignId": "integer", "campaignName": "string", "templateId": "integer",
            "templateName": "string", "messageTypeId": "integer", "channelId": "integer",
            "workflowId": "integer?", "workflowName": "string?", "experimentId": "integer?"}


def is_datetime(value):
    for form in ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S.%f%z"):
        try:
            return isinstance(value, str) and bool(datetime.datetime.strptime(value, form))
        except ValueError:
            pass
    return False


def fits(value, kind):
    if kind.endswith("?"):
        return value is None or fits(value, kind[:-1])
    array = re.fullmatch(r"array<(\w+)>", kind)
    if array:
        return isinstance(value, list) and all(fits(v, array.group(1)) for v in value)
    if kind == "datetime":
        return is_datetime(value)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is {"string": str, "integer": int, "boolean": bool, "object": dict}[kind]


@pytest.fixture(scope="module")
def catalogue(system):
    answer = system.api.get("/v1/event-types")
    assert answer.status == 200 and answer.json["nextCursor"] is None, answer
    return {t["name"]: t for t in answer.json["data"]}


def test_every_event_is_there(catalogue):
    assert {t["name"]: t["channel"] for t in catalogue.values()} == NAMES
    for t in catalogue.values():
        assert t["trigger"].endswith(".") and t["basis"] in ("seen", "inferred"), t
    assert CAMPAIGN.items() <= catalogue["emailSend"]["dataFields"].items()
    assert catalogue["emailClick"]["dataFields"]["isBot"] == "boolean"
    assert catalogue["whatsAppReceived"]["dataFields"]["whatsAppBodyField"] == "string"
    assert catalogue["journeyExit"]["dataFields"]["workflowId"] == "integer"
    assert set(catalogue["delivery.dead"]["dataFields"]) == {
        "webhook", "webhookName", "delivery", "event", "eventName", "attempts", "lastStatus",
        "lastError", "createdAt", "deadAt"}


def test_the_page_names_every_event(catalogue):
    page = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "events.md")
    with open(page, encoding="utf-8") as f:
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", f.read(), re.M))
    assert {channel: re.findall(r"`([\w.]+)`", names) for channel, names in rows.items()} == \
        {channel: names.split() for channel, names in CHANNELS.items()}


def test_samples_fit_their_fields(catalogue):
    for t in catalogue.values():
        sample, fields = t["sample"], t["dataFields"]
        assert sample["eventName"] == t["name"]
        assert list(sample["dataFields"]) == list(fields), t["name"]
        for name, value in sample["dataFields"].items():
            assert fits(value, fields[name]), (t["name"], name, value)
        data = sample["dataFields"]
        assert data.get("email") == sample.get("email")
        if "emailId" in data:
            assert data["emailId"] == f"c{data['campaignId']}:t{data['templateId']}:{data['email']}"


def test_samples_name_nobody(catalogue):
    """Reserved domains and documentation addresses only."""
    text = json.dumps([t["sample"] for t in catalogue.values()])
    hosts = re.findall(r"(?:https?://|@)([A-Za-z0-9.-]+)", text)
    assert hosts and all(h == "example.com" or h.endswith(".example.com") for h in hosts)
    addresses = [a for a in re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text)]
    assert addresses and all(a.startswith("192.0.2.") for a in addresses)


def test_samples_can_be_published(project, catalogue):
    batch = [{**t["sample"], "project": project.id} for t in catalogue.values()
             if "email" in t["sample"]]
    reply = project.publisher.send(batch)
    assert reply["ok"] and reply["accepted"] == len(NAMES) - 2, reply


def test_lists_and_keys(system, project):
    api = system.api
    sms = api.get("/v1/event-types", channel="sms").json["data"]
    assert [t["name"] for t in sms] == CHANNELS["sms"].split()
    problem(api.get("/v1/event-types", channel="carrier-pigeon"), 400, "invalid", "channel")
    problem(api.get("/v1/event-types", cursor="nothing"), 400, "invalid", "cursor")
    problem(api.get("/v1/event-types", colour="red"), 400, "unknown_field", "colour")
    assert [t["name"] for t in api.pages("/v1/event-types", limit=7)] == list(NAMES)
    assert [t["name"] for t in api.pages("/v1/event-types", limit=2, channel="push")] == \
        CHANNELS["push"].split()
    assert api.get("/v1/event-types/emailSend").json["name"] == "emailSend"
    problem(api.get("/v1/event-types/emailsend"), 404, "not_found")
    token = api.post(project.path + "/keys", {}).json["token"]
    assert Api(system.console_base, token).get("/v1/event-types/delivery.dead").status == 200
    assert Api(system.console_base, "wrong").get("/v1/event-types").status == 401


def test_command(system):
    env = system.client_environment()

    def events(*argv, code=0):
        out = run("events", *argv, env=env)
        assert out.returncode == code, out
        return out.stdout
    table = events().splitlines()
    assert [line.split()[0] for line in table] == ["NAME", *NAMES]
    assert len(events("--channel", "push").splitlines()) == 6
    assert json.loads(events("--json"))["data"][0]["name"] == "emailSend"
    one = events("smsBounce")
    assert "smsProviderResponse: object" in one and '"eventName": "smsBounce"' in one
    assert json.loads(events("smsBounce", "--json"))["channel"] == "sms"
    events("no-such-event", code=1)
    events("smsBounce", "--channel", "sms", code=2)


# --- names outside the catalogue ---------------------------------------------

def own_names(project):
    return {t["name"]: t for t in project.api.pages(project.path + "/event-types")}


def keys_of(project):
    return sorted(k.decode().split(":")[2] for k in
                  project.system.redis.scan_iter(match="pr:{p*}:*:" + project.id, count=1000))


def test_own_names_are_listed(system, project):
    data = {"orderId": "A-1", "price": 1.50}
    project.publish(3, eventName="orderPaid", dataFields=data)
    project.publish(2)
    project.publish_one(eventName="a\0b")
    project.publish_one(eventName="überraschung", dataFields={})
    listed = wait_until(lambda: len(own_names(project)) == 2 and own_names(project), 5, "both")
    paid = listed["orderPaid"]
    assert paid["count"] == 3 and is_datetime(paid["lastSeenAt"])
    assert paid["sample"] == {"email": "ada@example.com", "eventName": "orderPaid",
                              "dataFields": data}
    assert list(listed) == ["orderPaid", "überraschung"]
    pages = [t["name"] for t in system.api.pages(project.path + "/event-types", limit=1)]
    assert pages == list(listed)
    env = system.client_environment()
    out = run("events", "--project", project.id, env=env)
    assert out.returncode == 0 and "orderPaid" in out.stdout and "emailSend" not in out.stdout
    out = run("events", "orderPaid", "--project", project.id, env=env)
    assert json.loads(out.stdout) == paid["sample"]
    assert run("events", "emailSend", "--project", project.id, env=env).returncode == 1
    assert run("events", "--project", project.id, "--channel", "sms", env=env).returncode == 2


def test_a_large_event_leaves_no_sample(project):
    project.publish_one(eventName="big", dataFields={"text": "x" * 5000})
    big = wait_until(lambda: own_names(project).get("big"), 5, "the name")
    assert big["sample"] is None and big["count"] == 1


def test_names_go_with_their_project(system, project):
    project.publish_one(eventName="orderPaid")
    wait_until(lambda: keys_of(project) == ["counts", "names", "samples"], 5, "the keys")
    for kind in ("names", "samples", "counts"):
        key = next(system.redis.scan_iter(match=f"pr:{{p*}}:{kind}:{project.id}"))
        assert 29 * 86400 < system.redis.ttl(key) <= 30 * 86400
    other = system.project()
    other.wait_known()
    assert own_names(other) == {}
    assert system.api.delete(project.path).status == 204
    assert keys_of(project) == []
    other.close()


def test_random_names_are_bounded(system, project):
    """Neither ingest nor Redis grows with the names that somebody makes up."""
    project.publish_one(eventName="orderPaid")
    wait_until(lambda: "orderPaid" in own_names(project), 5, "the first name")
    keys, before = system.redis.dbsize(), None
    for block in range(40):
        batch = [project.message(eventName=f"random-{block}-{i}", dataFields={"pad": "x" * 500})
                 for i in range(500)]
        assert project.publisher.send(batch)["ok"]
        if block == 20:
            before = system.rss_kb("ingest")
    assert system.rss_kb("ingest") < before + 4096
    listed = wait_until(lambda: len(own_names(project)) == 1000 and own_names(project), 15,
                        "as many names as there may be")
    assert "orderPaid" in listed
    wait_until(lambda: system.redis.dbsize() < keys + 50, 10, "no key for a name")
    metrics = request("GET", system.admin_base("ingest") + "/metrics").text
    assert re.search(r"^postrider_ingest_unnoted_names_total [1-9]", metrics, re.M)


def test_no_samples_when_they_are_off():
    system = Up(settings={"INGEST_SAMPLE_BYTES_MAX": "0"})
    try:
        project = system.project()
        project.wait_known()
        project.publish_one(eventName="orderPaid")
        seen = wait_until(lambda: own_names(project).get("orderPaid"), 5, "the name")
        assert seen["sample"] is None
        assert keys_of(project) == ["counts", "names"]
    finally:
        system.close()
