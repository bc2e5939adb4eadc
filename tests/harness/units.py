"""Reads units of systemd, and runs what they say without systemd.

SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import socket

from .process import Process
from .wait import wait_until

HOST = "host-a"


def settings(path):
    """(section, key) -> values, in their order."""
    found, section = {}, None
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith("#"):
                key, _, value = line.partition("=")
                found.setdefault((section, key), []).append(value)
    return found


class Unit:
    """postrider-router@.service and "7" are postrider-router@7.service."""

    def __init__(self, packages, name, instance=""):
        self.packages, self.instance = packages, instance
        self.settings = settings(packages.path("/usr/lib/systemd/system/" + name))

    def get(self, section, key):
        return self.settings.get((section, key), [])

    def one(self, key):
        value, = self.get("Service", key)
        return value

    def expand(self, text, credentials):
        known = {"%i": self.instance, "%H": HOST, "%d": credentials, "%%": "%"}
        return re.sub("%.", lambda m: known[m.group(0)], text)

    def environment(self, credentials="/credentials"):
        pairs = (self.expand(line, credentials).split("=", 1)
                 for line in self.get("Service", "Environment"))
        return dict(pairs)

    def argv(self):
        words = self.one("ExecStart").split()
        return [self.packages.path(words[0]), *words[1:]]


class Supervised:
    """A unit's program as systemd would start it, the sandbox aside: its environment, its
    credentials, the settings of files over it, a socket that it reports to, another user."""

    def __init__(self, unit, folder, secrets, overrides, user):
        name = os.path.basename(unit.argv()[0]) + unit.instance
        self.credentials = os.path.join(folder, "credentials-" + name)
        os.mkdir(self.credentials)
        for entry in unit.get("Service", "LoadCredential"):
            path = os.path.join(self.credentials, entry.split(":")[0])
            with open(path, "w", encoding="utf-8") as f:
                f.write(secrets[entry.split(":")[1]] + "\n")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(os.path.join(folder, "notify-" + name))
        os.chmod(self.socket.getsockname(), 0o777)
        self.socket.settimeout(20)
        env = {"PATH": "/usr/bin", **unit.environment(self.credentials), **overrides,
               "NOTIFY_SOCKET": self.socket.getsockname()}
        self.process = Process(name, [*user, *unit.argv()], env,
                               os.path.join(folder, name + ".log"))

    def wait_state(self, text):
        """Until it has reported this."""
        def heard():
            report = self.socket.recv(4096).decode()
            return report if text in report else None
        return wait_until(heard, 20, f"{self.process.name} reports {text!r}", poll=0)

    def stop(self):
        if self.process.alive():
            self.process.stop()
        self.socket.close()
