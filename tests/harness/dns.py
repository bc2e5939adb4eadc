"""A name server of the test's own, and programs that ask it.

SPDX-License-Identifier: Apache-2.0
"""
import ipaddress
import os
import random
import socket
import struct
import threading
import time

A, CNAME, AAAA = 1, 5, 28
NXDOMAIN = 3


def _question(query):
    """Name, type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5


def _name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


def _record(owner, kind, data):
    return _name(owner) + struct.pack(">HHIH", kind, 1, 0, len(data)) + data


def _propagation():
    """In a folder that is used as a root, and no mount point, there is no mount to be made
    private: the new namespace has copies anyway."""
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        roots = [line for line in f if line.split()[4] == "/"]
    return [] if roots else ["--propagation", "unchanged"]


class Dns:
    """Answers over UDP, port 53 of a loopback address that nobody else uses. What it
    answers can change from one look-up to the next."""

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise RuntimeError("these tests need root: port 53, and a mount namespace")
        self.names, self.asked, self.lock = {}, {}, threading.Lock()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = f"127.{random.randrange(64, 250)}.{random.randrange(256)}.53"
        self.socket.bind((self.address, 53))
        self.resolv_conf = os.path.join(folder, "resolv.conf")
        with open(self.resolv_conf, "w", encoding="ascii") as f:
            f.write(f"nameserver {self.address}\noptions timeout:7 attempts:1\n")
        threading.Thread(target=self._serve, daemon=True).start()

    def set(self, name, *answers, delay=0):
        """Each answer is the list of addresses for one look-up, the last one for all
        further ones; a text instead of a list is another name (CNAME)."""
        with self.lock:
            self.names[name] = (answers, delay)
            self.asked[name] = {A: 0, AAAA: 0}

    def count(self, name):
        with self.lock:
            return max(self.asked[name].values())

    def wrap(self, argv):
        """argv, in a mount namespace in which this is the only name server."""
        script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        return ["unshare", "-m", *_propagation(), "sh", "-c", script, self.resolv_conf, *argv]

    def close(self):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(2048)
            except OSError:
                return
            threading.Thread(target=self._answer, args=(query, peer), daemon=True).start()

    def _look_up(self, name, kind):
        with self.lock:
            if name not in self.names:
                return None, 0
            answers, delay = self.names[name]
            number = self.asked[name].get(kind, 0)
            self.asked[name][kind] = number + 1
            return answers[min(number, len(answers) - 1)], delay

    def _records(self, name, kind):
        answer, delay = self._look_up(name, kind)
        if answer is None:
            return None, delay
        if isinstance(answer, str):
            more, later = self._records(answer, kind)
            return [_record(name, CNAME, _name(answer))] + (more or []), delay + later
        found = [ipaddress.ip_address(text) for text in answer]
        want = 4 if kind == A else 6
        return [_record(name, kind, a.packed) for a in found if a.version == want], delay

    def _answer(self, query, peer):
        name, kind, end = _question(query)
        records, delay = self._records(name, kind)
        time.sleep(delay)
        code = NXDOMAIN if records is None else 0
        head = query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(records or []), 0, 0)
        try:
            self.socket.sendto(head + query[12:end] + b"".join(records or []), peer)
        except OSError:
            pass
