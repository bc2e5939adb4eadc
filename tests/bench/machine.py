"""What the kernel says of processes, and of the machine.

SPDX-License-Identifier: Apache-2.0
"""
import os
import platform
import re
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """User and system time of a process and its ended children, in seconds."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return sum(int(x) for x in fields[11:15]) / TICKS


def _kb(path, name):
    with open(path, encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def pss_kb(pid):
    return _kb(f"/proc/{pid}/smaps_rollup", "Pss")


def rss_kb(pid):
    return _kb(f"/proc/{pid}/status", "VmRSS")


def peak_kb(pid):
    return _kb(f"/proc/{pid}/status", "VmHWM")


def _output(*argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _cpu_model():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        found = re.search(r"model name\s*: (.*)", f.read())
    return found.group(1) if found else platform.machine()


def describe(root):
    """[(what, value)] for the head of a result."""
    commit = _output("git", "-C", root, "rev-parse", "--short=12", "HEAD")
    if _output("git", "-C", root, "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    memory = _kb("/proc/meminfo", "MemTotal") / 1024 / 1024
    version = {
        "Redis": _output("redis-server", "--version").split("v=")[-1].split(" ")[0],
        "libcurl": _output("curl-config", "--version").split(" ")[-1]
        or _output("curl", "--version").split(" ")[1],
        "node": _output("node", "--version"),
    }
    return [
        ("machine", f"{_cpu_model()}, {os.cpu_count()} cores, {memory:.0f} GiB"),
        ("kernel", platform.release()),
        ("versions", ", ".join(f"{k} {v}" for k, v in version.items() if v)),
        ("commit", commit),
    ]
