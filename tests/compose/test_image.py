"""What is in the image, and how its containers are locked in.

SPDX-License-Identifier: Apache-2.0
"""
import json
import subprocess
import tarfile

from harness.process import binary
from stack import PORTS, SERVICES, docker, inspect, run, service_of

PROGRAMS = {"postrider", *("postrider-" + name for name in SERVICES)}
USER = "10001"


def files_of(image):
    """{path: mode} of all regular files; the engine's own, where it mounts, are empty."""
    container = docker("create", "--network=none", image).stdout.strip()
    try:
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as child:
            with tarfile.open(fileobj=child.stdout, mode="r|") as tar:
                return {m.name: m.mode for m in tar if m.isreg() and m.size}
    finally:
        docker("rm", container)


def test_image_holds_the_programs_and_no_other(stack):
    files = files_of(stack.images.postrider)
    runs = {name for name, mode in files.items() if mode & 0o111 and ".so" not in name}
    assert runs == {"usr/local/bin/" + name for name in PROGRAMS | {"sleep"}}
    for name in ("etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo/Europe/Berlin"):
        assert name in files
    records = {name for name in files if name.startswith("var/lib/dpkg/status.d/")}
    assert any(name.endswith("/libc6") for name in records), "for scanners of packages"
    assert not [name for name in files if "secret" in name or name.endswith(".key")]


def test_image_says_what_it_is(stack):
    seen = json.loads(docker("image", "inspect", stack.images.postrider).stdout)[0]
    config = seen["Config"]
    version = run(binary("postrider"), "version", env={}).stdout.split()[1]
    assert config["Labels"]["org.opencontainers.image.version"] == version
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert config["User"] == f"{USER}:{USER}" and config["StopSignal"] == "SIGTERM"
    assert not config["Entrypoint"] and config["Cmd"][0] == "postrider"
    print(f"the image has {seen['Size'] / 1e6:.1f} MB")


def test_every_program_starts_in_it(stack):
    container = stack.containers("console")[0]
    for name in sorted(PROGRAMS):
        out = docker("exec", container, name, "--version").stdout
        assert out.startswith(name + " "), out


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def test_containers_are_locked_in(stack):
    for seen in stack.inspect_all():
        service, host = service_of(seen), seen["HostConfig"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"], service
        assert host["Memory"] > 0 and host["PidsLimit"] > 0, service
        assert host["RestartPolicy"]["Name"] == "unless-stopped", service
        assert host["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}, service
        # What the kernel says, of the process itself.
        status = status_of(seen["State"]["Pid"])
        uids = set(status["Uid"].split())
        assert uids == {USER} if service in SERVICES else "0" not in uids, (service, uids)
        assert int(status["CapEff"], 16) == 0 and status["NoNewPrivs"] == "1", service


def test_nothing_can_be_written(stack):
    container = stack.containers("console")[0]
    out = docker("exec", container, "postrider", "up", "--data", "/data", check=False)
    assert out.returncode and "Read-only file system" in out.stderr, out


def test_published_ports_are_on_loopback(stack):
    """The ports for publishers and the console, and no other."""
    found = {}
    for seen in stack.inspect_all():
        for port, binds in (seen["NetworkSettings"]["Ports"] or {}).items():
            for bind in binds or []:
                assert bind["HostIp"] == "127.0.0.1", (service_of(seen), bind)
                found[int(bind["HostPort"])] = int(port.split("/")[0])
    assert found == {stack.ports[name]: inside for name, inside in PORTS.items()}


def test_redis_is_out_of_reach(stack):
    """The network of Redis is one of its own, without a way out."""
    network = json.loads(docker("network", "inspect", stack.name + "_store").stdout)[0]
    assert network["Internal"]
    on_it = {service_of(inspect(c)) for c in network["Containers"]}
    assert on_it == {"redis", *SERVICES}


def test_secrets_come_as_files(stack):
    key = stack.admin_key
    for seen in stack.inspect_all():
        text = json.dumps(seen)
        assert key not in text, service_of(seen)
        mounts = {m["Destination"] for m in seen["Mounts"]}
        wants_master = service_of(seen) in ("tokens", "sender", "console")
        assert ("/run/secrets/master_key" in mounts) == wants_master, service_of(seen)
