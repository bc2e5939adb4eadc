"""One project of a test: its webhooks, its events, its deliveries.

SPDX-License-Identifier: Apache-2.0
"""
from .wait import wait_until

EVENT = "emailSend"


class Project:
    def __init__(self, system, name):
        self.system, self.id = system, name
        self.api = system.api
        self.path = f"/v1/projects/{name}"
        self._publisher = None
        answer = self.api.post("/v1/projects", {"id": name, "name": "Tests"})
        assert answer.status == 201, answer

    @property
    def publisher(self):
        if not self._publisher:
            self._publisher = self.system.publisher()
        return self._publisher

    def webhook(self, url, wait=True, **fields):
        """Makes one and returns its document once it is in effect. Short retries
        unless told."""
        document = {"name": f"hook{next(self.system.numbers)}", "kind": "system", "url": url,
                    "retry": {"delaysS": [1, 1, 1], "jitter": 0}}
        if fields.get("kind") != "journey":
            document["eventNames"] = ["*"]
        document.update(fields)
        answer = self.api.post(self.path + "/webhooks", document)
        assert answer.status == 201, answer
        if wait:
            self.system.wait_config()
        return answer.json

    def credential(self, server, **fields):
        """Makes one for this token server, or its URL."""
        url = server if isinstance(server, str) else server.url("/token")
        answer = self.api.post(self.path + "/credentials", {
            "tokenUrl": url, "clientId": "client", "clientSecret": "secret-of-the-client",
            **fields})
        assert answer.status == 201, answer
        return answer.json

    def credential_path(self, credential):
        return f"{self.path}/credentials/{credential['id']}"

    def get_credential(self, credential):
        answer = self.api.get(self.credential_path(credential))
        assert answer.status == 200, answer
        return answer.json

    def oauth_webhook(self, url, credential, **fields):
        return self.webhook(url, auth={"type": "oauth2", "credential": credential["id"]},
                            **fields)

    def hook_path(self, webhook):
        return f"{self.path}/webhooks/{webhook['id']}"

    def get_webhook(self, webhook):
        return self.api.get(self.hook_path(webhook)).json

    def stats(self, webhook):
        answer = self.api.get(self.hook_path(webhook) + "/stats")
        assert answer.status == 200, answer
        return answer.json

    def message(self, **fields):
        document = {"project": self.id, "eventName": EVENT, "email": "ada@example.com",
                    "dataFields": {"n": next(self.system.numbers)}}
        document.update(fields)
        return document

    def publish(self, count=1, packed=False, **fields):
        """Publishes so many events in one batch; returns their ids."""
        batch = [self.message(**fields) for _ in range(count)]
        reply = self.publisher.send(batch, packed)
        assert reply["ok"], reply
        assert len(reply["ids"]) == count
        return reply["ids"]

    def publish_one(self, **fields):
        return self.publish(1, **fields)[0]

    def publish_when_known(self, **fields):
        """For the first event: ingest may hear of the project a moment later."""
        def accepted():
            reply = self.publisher.send(self.message(**fields))
            if not reply["ok"]:
                assert reply["error"]["code"] == "unknown_project", reply
                return None
            return reply["ids"][0]
        return wait_until(accepted, 5, "the project is known")

    def wait_known(self):
        """Until ingest knows the project, without leaving an event behind."""
        # A body is refused whole, and the first project that is not known is named.
        batch = [self.message(), self.message(project="never-made")]

        def known():
            error = self.publisher.send(batch)["error"]
            assert error["code"] == "unknown_project", error
            return error["index"] == 1
        wait_until(known, 5, "the project is known")

    def deliveries(self, **query):
        return list(self.api.pages(self.path + "/deliveries", **query))

    def delivery_of(self, event_id, webhook=None, timeout=5):
        """The delivery's full document."""
        def find():
            for d in self.deliveries():
                if d["event"] == event_id and webhook in (None, d["webhook"]):
                    return d
            return None
        found = wait_until(find, timeout, f"a delivery of {event_id} is listed")
        return self.api.get(f"{self.path}/deliveries/{found['id']}").json

    def wait_status(self, event_id, status, timeout=10):
        return wait_until(lambda: next((d for d in [self.delivery_of(event_id)]
                                        if d["status"] == status), None),
                          timeout, f"{event_id} is {status}", poll=0.05)

    def close(self):
        if self._publisher:
            self._publisher.close()


class Probe:
    """Tells when router and sender have heard of every change made so far: each hears of
    them in order, so it is enough to see the newest one in effect. The router is asked by
    the event's name, the sender by the URL."""

    def __init__(self, system, sink):
        self.sink, self.number = sink, 0
        self.project = Project(system, "probe")
        self.project.wait_known()
        self.webhook = self.project.webhook(sink.url("/probe/n0"), wait=False)

    def wait(self):
        self.number += 1
        path, name = f"/probe/n{self.number}", f"probe{self.number}"
        answer = self.project.api.patch(f"{self.project.path}/webhooks/{self.webhook['id']}",
                                        {"url": self.sink.url(path), "eventNames": [name]})
        assert answer.status == 200, answer
        def in_effect():
            self.project.publish(eventName=name)
            return self.sink.stats(path)["requests"]
        wait_until(in_effect, 5, "a change of the configuration is in effect", poll=0.01)

    def close(self):
        self.project.close()
        self.sink.stop()
