"""The Debian packages of what was built, and what is in them.

SPDX-License-Identifier: Apache-2.0
"""
import email
import glob
import os
import shutil
import subprocess
import tempfile

from .process import BUILD


def call(*argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


class Packages:
    """Built once; everything that they hold is in the folder root."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pr-packages-")
        os.chmod(self.folder, 0o755)  # some programs are run as another user
        self.root = os.path.join(self.folder, "root")
        call("cpack", "-G", "DEB", "-B", self.folder, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=none", "--config",
             os.path.join(BUILD, "CPackConfig.cmake"), cwd=self.folder)
        self.files = {}
        for path in glob.glob(self.folder + "/*.deb"):
            self.files[os.path.basename(path).split("_")[0]] = path
            call("dpkg-deb", "-x", path, self.root)

    def control(self, package):
        return email.message_from_string(call("dpkg-deb", "-f", self.files[package]))

    def script(self, package, name):
        """A file of the package's control archive, None if it has no such file."""
        done = subprocess.run(["dpkg-deb", "-I", self.files[package], name],
                              capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else None

    def contents(self, package):
        """path -> (mode, owner), as tar lists them."""
        found = {}
        for line in call("dpkg-deb", "-c", self.files[package]).splitlines():
            mode, owner, _, _, _, path = line.split(None, 5)
            found[path.split(" -> ")[0].lstrip(".")] = (mode, owner)
        return found

    def path(self, name):
        return os.path.join(self.root, name.lstrip("/"))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
