"""Publishing over ZeroMQ, as a user would.

SPDX-License-Identifier: Apache-2.0
"""
import json

import msgpack
import zmq


class NoReply(AssertionError):
    pass


def encode(body, packed=False):
    if isinstance(body, bytes):
        return body
    return msgpack.packb(body) if packed else json.dumps(body).encode()


def decode(reply):
    return json.loads(reply) if reply[:1] in b"{[" else msgpack.unpackb(reply)


class Publisher:
    """One DEALER (or REQ) on the acknowledged socket."""

    def __init__(self, endpoint, kind=zmq.DEALER):
        self.socket = zmq.Context.instance().socket(kind)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.connect(endpoint)

    def send_frames(self, frames):
        self.socket.send_multipart(frames)

    def receive_frames(self, timeout=10):
        if not self.socket.poll(int(timeout * 1000)):
            raise NoReply(f"no reply within {timeout} s")
        return self.socket.recv_multipart()

    def send(self, body, packed=False, timeout=10):
        """One request, its reply as a dict; the encodings must agree."""
        raw = encode(body, packed)
        self.send_frames([raw])
        reply = self.receive_frames(timeout)[-1]
        assert (reply[:1] == b"{") == (raw[:1] in (b"{", b"[")), "reply in another encoding"
        return decode(reply)

    def close(self):
        self.socket.close()
