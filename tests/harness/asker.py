"""Asks one tokens process for tokens, as a sender would.

SPDX-License-Identifier: Apache-2.0
"""
import itertools

import msgpack
import zmq

from .wire import TOKEN, TOKEN_ASK, frame, raw_id


class Asker:
    """Senders all ask the same one; this one asks the one it is told."""

    def __init__(self, system, name):
        self.numbers = itertools.count(1)
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.connect(system.processes[name].env["POSTRIDER_TOKENS_BIND"])

    def ask(self, credential, not_number=0, flags=0):
        self.socket.send(frame(TOKEN_ASK, next(self.numbers), raw_id(credential["id"]),
                               credential["version"], not_number, flags))

    def answer(self, timeout=15):
        """The number of the token, and the error."""
        assert self.socket.poll(timeout * 1000), "no answer"
        unpacker = msgpack.Unpacker()
        unpacker.feed(self.socket.recv())
        head, fields = unpacker.unpack(), unpacker.unpack()
        assert head[1] == TOKEN, head
        return fields[3], fields[7]

    def close(self):
        self.context.destroy(0)
