"""The command line for journeys: their webhooks, calls and exits, and what is kept.

SPDX-License-Identifier: Apache-2.0
"""
import json
import threading

import pytest
import zmq

from harness.system import PARTITIONS, run

EVENT = "evt_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def cli(system, project):
    env = system.client_environment(POSTRIDER_CLI_PROJECT=project.id)

    def call(*argv, code=0, **more):
        out = run(*argv, env={**env, **more})
        assert out.returncode == code, (argv, out)
        return out
    return call


class Door:
    """A front door that takes one message and answers as it is told."""

    def __init__(self, *answers):
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.socket.linger = 1000
        self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.message = None
        self.thread = threading.Thread(target=self._serve, args=(answers,))
        self.thread.start()

    def _serve(self, answers):
        *frames, body = self.socket.recv_multipart()
        self.message = json.loads(body)
        for answer in answers:
            self.socket.send_multipart([*frames, json.dumps(answer).encode()])

    def settings(self):
        return {"POSTRIDER_CLI_PUBLISH_ENDPOINT": f"tcp://127.0.0.1:{self.port}"}

    def close(self):
        self.thread.join(10)
        self.socket.close()
        return self.message


TAKEN = {"ok": True, "accepted": 1, "duplicates": 0, "ids": [EVENT]}


def outcome(text):
    return {"id": EVENT, "outcome": text, "status": 200, "values": {"tier": "gold"}}


def test_webhooks(cli, tmp_path):
    template = tmp_path / "body.hbs"
    template.write_text("{{event.id}}\n")
    made = json.loads(cli("webhooks", "create", "--name", "crm", "--kind", "journey", "--url",
                          "https://example.com/", "--method", "PUT", "--body-file",
                          str(template), "--content-type", "text/plain", "--missing", "fail",
                          "--data-retrieval", "weather", "--data-field",
                          "sky=string:$.sky").stdout)
    assert made["kind"] == "journey" and made["body"] == "{{event.id}}\n"
    assert made["dataRetrieval"]["fields"] == {"sky": {"path": "$.sky", "type": "string"}}
    seen = json.loads(cli("webhooks", "preview", "crm", "--sample",
                          '{"event":{"id":"e-1"}}').stdout)
    assert seen["method"] == "PUT" and seen["body"] == "e-1\n"
    cli("webhooks", "preview", "crm", "--sample", "{}", code=1)
    cli("webhooks", "update", "crm", "--method", "GET", "--capture", "tier=$.tier")
    cli("webhooks", "update", "crm", "--method", "HEAD", code=1)


def test_call(cli, project):
    door = Door(TAKEN)
    out = cli("call", "crm", "--path", "path-77", "--journey", "welcome", "--email", "a@b.example",
              "--tile", "liveData", "--params", '{"v":"1"}', "--event", '{"id":7}',
              "--expires-in-ms", "5000", **door.settings())
    assert out.stdout == EVENT + "\n"
    assert door.close() == {
        "op": "journeyCall", "project": project.id, "webhook": "crm", "tile": "liveData",
        "journeyId": "welcome", "pathId": "path-77", "email": "a@b.example",
        "params": {"v": "1"}, "event": {"id": 7}, "expiresInMs": 5000}


@pytest.mark.parametrize("text, code", [("delivered", 0), ("dead", 1)])
def test_call_and_wait(cli, text, code):
    door = Door(TAKEN, outcome(text))
    out = cli("call", "crm", "--path", "p", "--journey", "j", "--user", "u", "--wait", code=code,
              **door.settings())
    assert json.loads(out.stdout) == outcome(text)
    assert door.close()["reply"] == "result"


def test_call_without_an_outcome(cli):
    door = Door(TAKEN)
    out = cli("call", "crm", "--path", "p", "--journey", "j", "--user", "u", "--wait",
              "--wait-ms", "200", code=1, **door.settings())
    assert "nothing was heard" in out.stderr
    door.close()


def test_refused_and_out_of_reach(cli):
    door = Door({"ok": False, "error": {"code": "invalid_event", "message": "no such webhook",
                                        "field": "webhook"}})
    out = cli("call", "nobody", "--path", "p", "--journey", "j", "--user", "u", code=1,
              **door.settings())
    assert "field webhook" in out.stderr
    door.close()
    cli("exit", "p", code=3, POSTRIDER_CLI_PUBLISH_ENDPOINT="tcp://127.0.0.1:9")


def test_exit(cli, project):
    door = Door(TAKEN)
    cli("exit", "path-77", **door.settings())
    assert door.close() == {"op": "journeyExit", "project": project.id, "pathId": "path-77"}


def test_profiles_and_paths(cli, project):
    cli("profiles", "get", "a/b@c", code=1)
    for n in range(PARTITIONS):
        project.system.redis.hset(f"pr:{{p{n}}}:profile:{project.id}:a/b@c", "tier", '1 "gold"')
        project.system.redis.hset(f"pr:{{p{n}}}:path:{project.id}:path-77", "n", "7")
    assert json.loads(cli("profiles", "get", "a/b@c").stdout)["fields"] == {"tier": "gold"}
    assert json.loads(cli("paths", "get", "path-77").stdout)["liveData"] == {"n": 7}
    assert cli("profiles", "delete", "a/b@c").stdout == "deleted a/b@c\n"
    cli("paths", "delete", "path-77")
    cli("paths", "get", "path-77", code=1)
