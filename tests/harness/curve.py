"""A system whose sockets have CURVE on every tcp:// address, and keys for it.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import shutil
import subprocess

import zmq
import zmq.auth

from .process import binary, free_port
from .publisher import Publisher
from .system import Parts, clean_environment


class Keys:
    """Key pairs in one directory, made by `postrider keygen`."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.secrets = []

    def make(self, name, *flags):
        out = subprocess.run(
            [binary("postrider"), "keygen", name, "--dir", self.folder, "--json", *flags],
            env=clean_environment(), text=True, capture_output=True, check=True, timeout=10)
        made = json.loads(out.stdout)
        self.secrets.append(self.pair(name)[1].decode())
        return made

    def secret_file(self, name):
        return os.path.join(self.folder, name + ".key_secret")

    def public_file(self, name):
        return os.path.join(self.folder, name + ".key")

    def pair(self, name):
        return zmq.auth.load_certificate(self.secret_file(name))

    def let_in(self, name, directory):
        """Whole or not at all, as an operator's copy should be."""
        hidden = os.path.join(directory, "." + name)
        shutil.copy(self.public_file(name), hidden)
        os.rename(hidden, os.path.join(directory, name + ".key"))


def dial(kind, endpoint, server=None, pair=None):
    """A socket that connects with this server's public key and this pair."""
    socket = zmq.Context.instance().socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    if server:
        socket.curve_serverkey = server
        socket.curve_publickey, socket.curve_secretkey = pair
    socket.connect(endpoint)
    return socket


class CurvePublisher(Publisher):
    def __init__(self, endpoint, server, pair):
        self.socket = dial(zmq.DEALER, endpoint, server, pair)


class CurveParts(Parts):
    """Listens on every interface: without CURVE nothing of it would start."""

    def _start_services(self, routers, senders, ingests):
        self.keys = Keys(os.path.join(self.folder, "keys"))
        self.services_dir = os.path.join(self.folder, "services")
        self.publishers_dir = os.path.join(self.folder, "publishers")
        self.readers_dir = os.path.join(self.folder, "readers")
        for directory in (self.services_dir, self.publishers_dir, self.readers_dir):
            os.mkdir(directory)
        self.settings["CURVE_SERVICES"] = self.services_dir
        self.settings["INGEST_CURVE_PUBLISHERS"] = self.publishers_dir
        self.settings["ROUTER_CURVE_READERS"] = self.readers_dir
        self.settings["CONSOLE_SENDER_BIND"] = "tcp://0.0.0.0:*"
        self.settings["INGEST_PUBLISH_BIND"] = f"tcp://0.0.0.0:{self.ports['publish']}"
        self.settings["INGEST_PULL_BIND"] = f"tcp://0.0.0.0:{self.ports['pull']}"
        self.keys.make("everything", "--project", "*")
        self.keys.let_in("everything", self.publishers_dir)
        super()._start_services(routers, senders, ingests)

    def _start(self, name, service, **more):
        if not os.path.exists(self.keys.secret_file(name)):
            self.keys.make(name, "--role", "service")
        self.keys.let_in(name, self.services_dir)
        super()._start(name, service, CURVE_KEY_FILE=self.keys.secret_file(name), **more)

    def start_router(self, name):
        self.feed_port = free_port()
        self._start(name, "router",
                    ROUTER_SENDER_BIND=f"tcp://0.0.0.0:{free_port()}",
                    ROUTER_INGEST_BIND=f"tcp://0.0.0.0:{free_port()}",
                    ROUTER_FEED_BIND=f"tcp://0.0.0.0:{self.feed_port}")

    def start_tokens(self, name):
        self._start(name, "tokens", TOKENS_BIND=f"tcp://0.0.0.0:{free_port()}")

    def server_key(self, name="ingest0"):
        return self.keys.pair(name)[0]

    def load_keys(self):
        return (self.server_key(), *self.keys.pair("everything"))

    def publisher(self, name="everything"):
        return CurvePublisher(self.publish_endpoint, self.server_key(), self.keys.pair(name))
