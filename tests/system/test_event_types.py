"""The catalogue of system events: every name, samples that fit their fields, the command.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import json
import re

import pytest

from harness.http import Api, problem
from harness.system import clean_environment, run

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
    env = clean_environment()
    env.update(POSTRIDER_ADMIN_KEY=system.api.key, POSTRIDER_CLI_CONSOLE_URL=system.console_base)

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
