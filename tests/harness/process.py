"""One program under test, and free ports for it.

SPDX-License-Identifier: Apache-2.0
"""
import atexit
import os
import random
import signal
import socket
import subprocess

from .wait import wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("POSTRIDER_BUILD", os.path.join(ROOT, "build")))

_given = set()


def binary(name):
    return os.path.join(BUILD, "bin", name)


def free_port():
    """Below the range from which the kernel takes ports for connections."""
    while True:
        port = random.randrange(11000, 32000)
        if port in _given:
            continue
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


class Process:
    """Started at once; its output goes to one file that survives restarts."""

    def __init__(self, name, argv, env, log_path, cwd=None):
        self.name, self.argv, self.env = name, argv, env
        self.log_path, self.cwd = log_path, cwd
        self.child = None
        # A fixture that fails half way leaves nothing behind.
        atexit.register(self._end)
        self.start()

    def start(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(self.argv, env=self.env, cwd=self.cwd, stdout=log,
                                          stderr=log, stdin=subprocess.DEVNULL)

    def _end(self):
        if self.child and self.alive():
            self.child.kill()

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def signal(self, number):
        if self.alive():
            self.child.send_signal(number)

    def kill(self):
        """SIGKILL, and gone when this returns."""
        self.signal(signal.SIGKILL)
        return self.child.wait(10)

    def stop(self, timeout=40):
        """SIGTERM; the exit code."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for_line(self, text, timeout=20):
        def found():
            for line in self.log().split("\n"):
                if text in line:
                    return line
            assert self.alive(), f"{self.name} ended: {self.child.returncode}\n{self.log()}"
            return None
        return wait_until(found, timeout, f"{self.name} prints {text!r}")

    def rss_kb(self):
        return rss_kb(self.pid)

    def peak_kb(self):
        """The most it has had so far."""
        return rss_kb(self.pid, "VmHWM:")


def rss_kb(pid, what="VmRSS:"):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith(what):
                return int(line.split()[1])
    return 0


def children_of(pid):
    """Every descendant as {pid: name of the program}."""
    parents, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as f:
                text = f.read()
            argv0 = open(f"/proc/{entry}/cmdline", "rb").read().split(b"\0")[0].decode()
        except OSError:
            continue
        parents[int(entry)] = int(text.rsplit(")", 1)[1].split()[1])
        names[int(entry)] = os.path.basename(argv0.split(" ")[0])
    found, grown = {pid}, True
    while grown:
        more = {p for p, parent in parents.items() if parent in found} - found
        grown = bool(more)
        found |= more
    return {p: names[p] for p in found - {pid}}
