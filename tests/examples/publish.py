#!/usr/bin/env python3
"""Publish a batch to Postrider with pyzmq, as a careful client does.

SPDX-License-Identifier: Apache-2.0

A DEALER with a correlation id: the answer is matched to its batch, `busy` is waited
for, and when no answer comes the batch is sent again. Each message has an idempotency
key, so that a batch which was taken all the same is not delivered twice.

    publish.py [ENDPOINT [PROJECT [COUNT [SERVER_CERTIFICATE OWN_CERTIFICATE]]]]

The certificates are for CURVE, beyond loopback: ingest's public one, and one's own secret
one, as `postrider keygen` writes them.
"""
import sys
import time

import msgpack
import zmq
import zmq.auth

ANSWER_S = 10
GIVE_UP_S = 60


class Refused(Exception):
    """The batch was refused; nothing of it was taken."""


class Publisher:
    def __init__(self, endpoint, server_certificate=None, own_certificate=None):
        self.context = zmq.Context.instance()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        if server_certificate:
            self.socket.curve_serverkey, _ = zmq.auth.load_certificate(server_certificate)
            self.socket.curve_publickey, self.socket.curve_secretkey = \
                zmq.auth.load_certificate(own_certificate)
        self.socket.connect(endpoint)
        self.number = 0

    def close(self):
        self.socket.close()

    def publish(self, messages):
        """Returns the answer once the events are stored."""
        body = msgpack.packb(messages)
        self.number += 1
        number = self.number.to_bytes(8, "big")
        give_up = time.monotonic() + GIVE_UP_S
        while time.monotonic() < give_up:
            self.socket.send_multipart([number, body])
            answer = self._answer(number)
            if answer is None:
                continue  # lost on the way, there or back: send again
            if answer["ok"]:
                return answer
            error = answer["error"]
            if error["code"] not in ("busy", "internal"):
                raise Refused(error)
            time.sleep(error.get("retryAfterMs", 1000) / 1000)
        raise TimeoutError("no answer")

    def _answer(self, number):
        end = time.monotonic() + ANSWER_S
        while (left := end - time.monotonic()) > 0:
            if not self.socket.poll(left * 1000):
                return None
            frames = self.socket.recv_multipart()
            # An answer to a batch that was sent twice may come late.
            if frames[0] == number:
                return msgpack.unpackb(frames[-1])
        return None


def main():
    endpoint = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5570"
    project = sys.argv[2] if len(sys.argv) > 2 else "demo"
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    run = time.time_ns()
    publisher = Publisher(endpoint, *sys.argv[4:6])
    answer = publisher.publish([
        {"project": project, "eventName": "emailOpen", "userId": f"u-{i}",
         "id": f"python-{run}-{i}", "dataFields": {"campaignId": 42, "number": i}}
        for i in range(count)])
    publisher.close()
    for event_id in answer["ids"]:
        print(event_id)


if __name__ == "__main__":
    main()
