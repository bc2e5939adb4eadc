"""`postrider keygen`: certificates that other programs of ZeroMQ read, and kept secrets.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import subprocess

import pytest
import zmq
import zmq.auth

from harness.process import binary
from harness.system import clean_environment


def keygen(folder, *argv, umask=-1):
    return subprocess.run([binary("postrider"), "keygen", *argv, "--dir", str(folder)], text=True,
                          capture_output=True, timeout=10, check=False, umask=umask,
                          env=clean_environment())


def read(folder, name):
    return (folder / name).read_text(encoding="ascii")


def test_a_pair(tmp_path):
    out = keygen(tmp_path, "router-1", "--json")
    assert out.returncode == 0, out
    made = json.loads(out.stdout)
    public, secret = zmq.auth.load_certificate(made["secretFile"])
    assert zmq.auth.load_certificate(made["publicFile"]) == (public, None)
    assert public.decode() == made["publicKey"] and zmq.curve_public(secret) == public
    assert made["role"] == "service" and made["projects"] == []
    assert secret.decode() not in out.stdout + read(tmp_path, "router-1.key")
    assert sorted(os.listdir(tmp_path)) == ["router-1.key", "router-1.key_secret"]


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_the_secret_is_its_owners_alone(tmp_path, umask):
    assert keygen(tmp_path, "a", umask=umask).returncode == 0
    assert os.stat(tmp_path / "a.key_secret").st_mode & 0o777 == 0o600


def test_metadata(tmp_path):
    out = keygen(tmp_path, "shop", "--project", "acme", "--project", "b-2", "--meta",
                 "mail=ops@example.com", "--json")
    assert json.loads(out.stdout)["metadata"] == {
        "name": "shop", "role": "publisher", "project": "acme, b-2", "mail": "ops@example.com"}
    for name in ("shop.key", "shop.key_secret"):
        text = read(tmp_path, name)
        assert 'role = "publisher"' in text and 'project = "acme, b-2"' in text


def test_nothing_is_replaced_unless_told(tmp_path):
    assert keygen(tmp_path, "a").returncode == 0
    before = read(tmp_path, "a.key_secret")
    for present in (("a.key",), ("a.key_secret",), ()):
        for name in present:
            os.unlink(tmp_path / ("a.key" if name == "a.key_secret" else "a.key_secret"))
        out = keygen(tmp_path, "a")
        if present:
            assert out.returncode == 1 and "--force" in out.stderr, out
            assert sorted(os.listdir(tmp_path)) == list(present)
        assert keygen(tmp_path, "a", "--force").returncode == 0
        assert read(tmp_path, "a.key_secret") != before
        assert sorted(os.listdir(tmp_path)) == ["a.key", "a.key_secret"]


@pytest.mark.parametrize("argv", [
    ("",), (".hidden",), ("a/b",), ("a b",), ("x" * 65,), ("a_secret",),
    ("a", "--role", "king"), ("a", "--role", "publisher"), ("a", "--role", "service", "--project", "x"),
    ("a", "--project", ""), ("a", "--project", "a,b"), ("a", "--project", 'a"b'),
    ("a", "--meta", "x"), ("a", "--meta", "=x"), ("a", "--meta", "role=service"),
    ("a", "--meta", 'x="'), ("a", "--meta", "x=a\nb"), ("a", "--meta", "x=" + "y" * 2000), (), ("a", "b"),
])
def test_what_is_wrong_is_refused(tmp_path, argv):
    out = keygen(tmp_path, *argv)
    assert out.returncode == 2 and out.stderr.startswith("postrider: "), out
    assert os.listdir(tmp_path) == []


def test_a_directory_that_is_not_there(tmp_path):
    out = keygen(tmp_path / "none", "a")
    assert out.returncode == 1 and str(tmp_path / "none") in out.stderr
