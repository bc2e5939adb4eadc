"""Settings: names, bounds, what stops a start and how it says so.

SPDX-License-Identifier: Apache-2.0
"""
import os
import subprocess

import pytest

from harness.process import binary
from harness.system import clean_environment

PROGRAMS = ["ingest", "router", "sender", "console"]


def start(program, *flags, **env):
    environment = clean_environment()
    environment.update({"POSTRIDER_" + k: v for k, v in env.items()})
    return subprocess.run([binary("postrider-" + program), *flags], env=environment, text=True,
                          capture_output=True, timeout=10, check=False)


@pytest.mark.parametrize("program", PROGRAMS)
class TestEachProgram:
    def test_help(self, program):
        out = start(program, "--help")
        assert out.returncode == 0 and "POSTRIDER_REDIS_URL" in out.stdout
        assert "--redis-url" in out.stdout

    def test_version(self, program):
        out = start(program, "--version")
        assert out.returncode == 0 and out.stdout.strip()[-1].isdigit()

    def test_unknown_variable(self, program):
        out = start(program, "--check-config", REDIS_ULR="redis://x")
        assert out.returncode == 2 and "POSTRIDER_REDIS_ULR" in out.stderr
        assert len(out.stderr.strip().splitlines()) == 1

    def test_unknown_variable_at_start(self, program):
        assert start(program, NO_SUCH_THING="1").returncode == 2

    def test_unknown_flag(self, program):
        out = start(program, "--no-such-flag", "1")
        assert out.returncode == 2 and "no-such-flag" in out.stderr
        assert len(out.stderr.strip().splitlines()) == 1

    @pytest.mark.parametrize("value", ["0", "-1", "99999999999999999999", "many", "", "1x"])
    def test_out_of_bounds(self, program, value):
        out = start(program, "--check-config", PARTITIONS=value)
        assert out.returncode == 2 and "POSTRIDER_PARTITIONS" in out.stderr, out
        out = start(program, "--check-config", "--partitions=" + value)
        assert out.returncode == 2 and "partitions" in out.stderr, out

    def test_bad_redis_url(self, program):
        out = start(program, REDIS_URL="gopher://x")
        assert out.returncode == 2, out
        assert len(out.stderr.strip().splitlines()) == 1

    def test_other_programs_variables_are_fine(self, program):
        others = {p.upper() + "_ADMIN_BIND": "127.0.0.1:0" for p in PROGRAMS if p != program}
        assert start(program, "--check-config", MASTER_KEY="0" * 64, **others).returncode == 0

    def test_show_config_masks(self, program, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("sentinel-of-a-file\n")
        out = start(program, "--show-config", "--partitions", "8", MASTER_KEY="ab" * 32,
                    ADMIN_KEY="sentinel-admin", REDIS_PASSWORD_FILE=str(secret),
                    REDIS_URL="redis://user:sentinel-url@127.0.0.1:1")
        assert out.returncode == 0, out
        assert "PARTITIONS=8" in out.stdout
        for sentinel in ("sentinel", "abab"):
            assert sentinel not in out.stdout + out.stderr, out.stdout

    def test_secret_file_missing(self, program):
        out = start(program, "--check-config", ADMIN_KEY_FILE="/nonexistent/key")
        assert out.returncode == 2 and "ADMIN_KEY_FILE" in out.stderr

    def test_flags_win(self, program):
        out = start(program, "--show-config", "--partitions=32", PARTITIONS="8")
        assert "PARTITIONS=32" in out.stdout

    def test_port_taken(self, program, system):
        """An address that cannot be had: one line, exit 1."""
        admin = {program.upper() + "_ADMIN_BIND":
                 f"127.0.0.1:{system.ports['console']}"}
        env = {k: v for k, v in system.settings.items() if k in ("MASTER_KEY", "ADMIN_KEY")}
        out = start(program, REDIS_URL=system.redis_url, PARTITIONS="8",
                    **env, **admin)
        assert out.returncode in (1, 2), out
        assert str(system.ports["console"]) in out.stderr


def test_partitions_must_be_those_of_the_installation(system):
    out = start("router", REDIS_URL=system.redis_url, PARTITIONS="64",
                ROUTER_ADMIN_BIND="127.0.0.1:0", ROUTER_SENDER_BIND="tcp://127.0.0.1:*",
                ROUTER_INGEST_BIND="tcp://127.0.0.1:*", ROUTER_FEED_BIND="tcp://127.0.0.1:*")
    assert out.returncode != 0 and "partitions" in out.stderr.lower(), out


def test_data_directory_files(system):
    """Keys that `up` makes are its owner's alone."""
    for name in ("admin.key", "master.key"):
        path = os.path.join(system.data, name)
        if os.path.exists(path):
            assert os.stat(path).st_mode & 0o777 == 0o600


class TestEgress:
    @pytest.mark.parametrize("program", PROGRAMS)
    @pytest.mark.parametrize("name, value", [
        ("ALLOW_NETS", "10.0.0.0/33"), ("ALLOW_NETS", "10.0.0.0/8,x"),
        ("EGRESS_SOURCE", "10.0.0.0/8"), ("EGRESS_SOURCE", "127.1"),
        ("EGRESS_SOURCE", "127.0.0.5,127.0.0.6"), ("EGRESS_PROXY", "https://127.0.0.1:1"),
        ("EGRESS_PROXY", "127.0.0.1:1"), ("EGRESS_PROXY", "http://127.0.0.1"),
        ("EGRESS_PROXY", "socks5://127.0.0.1:0"), ("EGRESS_PROXY", "http://proxy:1/x"),
    ])
    def test_refused(self, program, name, value):
        out = start(program, "--check-config", **{name: value})
        assert out.returncode == 2 and "POSTRIDER_" + name in out.stderr, out
        assert len(out.stderr.strip().splitlines()) == 1

    def test_a_password_is_never_shown(self, tmp_path):
        for text in ("http://u:hidden@proxy:8080", "http://u:hidden@proxy", "u:hidden@proxy:1"):
            secret = tmp_path / "proxy"
            secret.write_text(text + "\n")
            for env in ({"EGRESS_PROXY": text}, {"EGRESS_PROXY_FILE": str(secret)}):
                out = start("sender", "--show-config", **env)
                assert "hidden" not in out.stdout + out.stderr
                if text.endswith("8080"):
                    assert "POSTRIDER_EGRESS_PROXY=***" in out.stdout

    def test_a_source_that_this_host_does_not_have(self):
        out = start("sender", EGRESS_SOURCE="192.0.2.77", INSTANCE="s")
        assert out.returncode == 2 and "POSTRIDER_EGRESS_SOURCE" in out.stderr, out
        assert "192.0.2.77" in out.stderr


SECRET_KEY = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"


class TestPlaintext:
    BINDS = [("ingest", "INGEST_PUBLISH_BIND"), ("ingest", "INGEST_PULL_BIND"),
             ("router", "ROUTER_SENDER_BIND"), ("router", "ROUTER_INGEST_BIND"),
             ("router", "ROUTER_FEED_BIND"), ("tokens", "TOKENS_BIND"),
             ("console", "CONSOLE_SENDER_BIND")]

    @pytest.mark.parametrize("program, name", BINDS)
    def test_what_others_can_reach_is_refused(self, program, name):
        for value in ("tcp://0.0.0.0:*", "ipc:///tmp/x,tcp://*:1", "tcp://192.0.2.1:1"):
            for flags in ((), ("--check-config",)):
                out = start(program, *flags, MASTER_KEY="0" * 64, **{name: value})
                assert out.returncode == 2 and "POSTRIDER_" + name in out.stderr, out
                assert "POSTRIDER_PLAINTEXT_OK" in out.stderr
                assert len(out.stderr.strip().splitlines()) == 1

    @pytest.mark.parametrize("program, name", BINDS)
    def test_loopback_or_a_word_of_consent(self, program, name):
        for more in ({name: "ipc:///tmp/x,tcp://127.0.0.1:*,tcp://[::1]:1"}, {name: ""},
                     {name: "tcp://*:1", "PLAINTEXT_OK": "1"}):
            out = start(program, "--check-config", MASTER_KEY="0" * 64, **more)
            assert out.returncode == 0, out

    @pytest.mark.parametrize("program, name", BINDS)
    def test_or_keys(self, program, name, tmp_path):
        """With CURVE for its kind of peers, tcp:// may be open; nothing else."""
        directory = "INGEST_CURVE_PUBLISHERS" if program == "ingest" else "CURVE_SERVICES"
        env = {"MASTER_KEY": "0" * 64, directory: str(tmp_path)}
        out = start(program, "--check-config", **env)
        assert out.returncode == 2 and "POSTRIDER_CURVE_KEY" in out.stderr, out
        assert len(out.stderr.strip().splitlines()) == 1
        env["CURVE_KEY"] = SECRET_KEY
        for value, code in (("tcp://*:1", 0), ("tcp://*:1,ws://*:2", 2)):
            assert start(program, "--check-config", **env, **{name: value}).returncode == code
        del env[directory]
        out = start(program, "--check-config", **env, **{name: "tcp://*:1"})
        assert out.returncode == 2 and "POSTRIDER_" + directory in out.stderr, out

    @pytest.mark.parametrize("key", ["short", "x" * 40, "curve\n", 'curve\n  secret-key = "x"',
                                     "\xff" * 40, "metadata\n" * 800, "a" * 9000])
    def test_a_key_that_is_none(self, key, tmp_path):
        path = tmp_path / "key"
        path.write_text(key)
        for env in ({"CURVE_KEY": key}, {"CURVE_KEY_FILE": str(path)}):
            out = start("sender", "--check-config", **env)
            if key == "x" * 40:  # any 32 bytes are a secret key
                assert out.returncode == 0
                continue
            assert out.returncode == 2 and "POSTRIDER_CURVE_KEY" in out.stderr, out
            assert len(out.stderr.strip().splitlines()) == 1 and key[:5] not in out.stderr

    def test_a_directory_that_is_not_there(self):
        for program, name in (("router", "CURVE_SERVICES"),
                              ("ingest", "INGEST_CURVE_PUBLISHERS")):
            out = start(program, CURVE_KEY=SECRET_KEY, REDIS_URL="unix:///nonexistent/redis",
                        **{name: "/nonexistent/keys"})
            assert out.returncode == 2, out
            line = out.stderr.strip().splitlines()[-1]
            assert "POSTRIDER_" + name in line and "/nonexistent/keys" in line

    def test_up_hands_it_on(self, tmp_path):
        """A wildcard ends `up` with the services' own line, and at once."""
        out = subprocess.run([binary("postrider"), "up", "--data", str(tmp_path)],
                             env=clean_environment() | {
                                 "POSTRIDER_INGEST_PUBLISH_BIND": "tcp://0.0.0.0:0"},
                             text=True, capture_output=True, timeout=30, check=False)
        assert out.returncode == 2, out
        assert "POSTRIDER_INGEST_PUBLISH_BIND" in out.stderr + out.stdout
