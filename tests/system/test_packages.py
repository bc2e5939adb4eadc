"""The Debian packages: what is in them, and that it works where it is put.

SPDX-License-Identifier: Apache-2.0
"""
import gzip
import os
import re
import subprocess

from harness.packages import call
from harness.process import BUILD, ROOT, binary
from harness.system import ADMIN_KEY, MASTER_KEY, clean_environment

PROGRAMS = ["postrider"] + ["postrider-" + s for s in
                            ("ingest", "router", "tokens", "sender", "console")]
USER = """#include <postrider.h>
#include <stdio.h>
int main(void)
{
	struct postrider_options options = {.endpoint = "tcp://127.0.0.1:1"};
	struct postrider *client = postrider_open(&options);

	puts(client ? "opened" : "refused");
	postrider_close(&client);
	return 0;
}
"""


def test_the_packages_name_what_they_need(packages):
    version = call(binary("postrider"), "--version", env=clean_environment()).split()[-1]
    assert set(packages.files) == {"postrider", "libpostrider0", "libpostrider-dev"}
    for name in packages.files:
        fields = packages.control(name)
        assert fields["Package"] == name
        assert fields["Version"].rsplit("-", 1)[0] == version
        assert "\n" in fields["Description"], "a line, and a text"
    needs = packages.control("postrider")["Depends"]
    for word in ("ca-certificates", "tzdata", "systemd-sysusers", "libzmq5", "libuv1",
                 "libcurl4", "libssl3", "libhiredis", "libmicrohttpd12", "libc6"):
        assert word in needs, f"{word}: {needs}"
    assert packages.control("postrider")["Recommends"].startswith("redis-server")
    assert "libzmq5" in packages.control("libpostrider0")["Depends"]
    assert "libpostrider0 (=" in packages.control("libpostrider-dev")["Depends"]
    assert packages.script("libpostrider0", "shlibs").startswith("libpostrider 0 libpostrider0 ")


def test_every_file_is_where_debian_has_it(packages):
    held = packages.contents("postrider")
    for program in PROGRAMS:
        assert held["/usr/bin/" + program] == ("-rwxr-xr-x", "root/root")
    for name in ("/etc/postrider/postrider.conf", "/usr/lib/sysusers.d/postrider.conf",
                 "/usr/share/bash-completion/completions/postrider",
                 "/usr/share/doc/postrider/copyright", "/usr/share/doc/postrider/operations.md",
                 "/usr/share/doc/postrider/changelog.Debian.gz"):
        assert held[name] == ("-rw-r--r--", "root/root")
    for package in packages.files:
        for path, (mode, owner) in packages.contents(package).items():
            assert owner == "root/root" and (mode[0] == "l" or mode[8] != "w"), path
            assert path.startswith(("/usr/bin", "/usr/lib", "/usr/share", "/usr/include", "/etc"))\
                or path in ("/", "/usr/"), path
    assert packages.script("postrider", "conffiles") == "/etc/postrider/postrider.conf\n"


def test_no_text_names_the_machine_that_built_it(packages):
    for folder, _, names in os.walk(packages.root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            with open(path, "rb") as f:
                text = f.read()
            if text.startswith(b"\x7fELF"):
                continue
            for place in (BUILD, ROOT, packages.folder):
                assert place.encode() not in text, f"{path} has {place}"


def test_the_scripts_are_valid_and_start_nothing(packages):
    for name in ("postinst", "prerm", "postrm"):
        script = packages.script("postrider", name)
        call("sh", "-n", "-c", script)
        assert "systemctl --system start" not in script and "enable" not in script
    assert packages.script("postrider", "preinst") is None


def test_the_programs_run_from_there(packages):
    env = {**clean_environment(), "POSTRIDER_MASTER_KEY": MASTER_KEY,
           "POSTRIDER_ADMIN_KEY": ADMIN_KEY}
    for program in PROGRAMS:
        path = packages.path("/usr/bin/" + program)
        assert call(path, "--version", env=env).startswith(program + " ")
        if program != "postrider":
            call(path, "--check-config", env=env)


def manual(packages, page):
    with gzip.open(packages.path("/usr/share/man/" + page + ".gz"), "rt", encoding="utf-8") as f:
        return f.read().replace("\\-", "-")


def test_the_manual_pages_say_what_the_programs_say(packages):
    env = clean_environment()
    text = manual(packages, "man1/postrider.1")
    commands = re.findall(r"^  ([a-z]+) ", call(binary("postrider"), "--help", env=env), re.M)
    assert len(commands) > 20
    for command in commands:
        assert re.search(rf"\b{command}\b", text.split(".SH COMMANDS")[1]), command
    for program in PROGRAMS[1:]:
        first = call(binary(program), "--help", env=env).splitlines()[0]
        assert first in manual(packages, f"man8/{program}.8")


def test_a_publisher_is_built_with_it(packages):
    env = {**os.environ, "PKG_CONFIG_PATH": packages.path("/usr/lib/pkgconfig"),
           "LD_LIBRARY_PATH": packages.path("/usr/lib")}
    flags = call("pkg-config", "--cflags", "--libs", "postrider", env=env).split()
    program = os.path.join(packages.folder, "user")
    subprocess.run(["cc", "-x", "c", "-", "-o", program, *flags], input=USER, text=True,
                   check=True, env=env)
    assert call(program, env=env) == "opened\n"
