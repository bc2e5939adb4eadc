"""The manifests of Kubernetes: valid, of one piece, and what the programs take.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import glob
import ipaddress
import itertools
import json
import os
import re
import socket
import subprocess

import pytest

from harness.curve import CurvePublisher
from harness.kustomize import build, named, pods, read
from harness.http import Api, request
from harness.packages import call
from harness.pods import PUBLISHER, Running, Secrets, container_of, environment, mount, ports_of
from harness.process import ROOT, Process, binary
from harness.publisher import Publisher
from harness.system import ADMIN_KEY, clean_environment
from harness.wait import wait_until

MANIFESTS = os.path.join(ROOT, "deploy", "kubernetes")
OVERLAYS = [os.path.basename(p) for p in glob.glob(MANIFESTS + "/overlays/*")]
PROGRAMS = {"ingest", "router", "tokens", "sender", "console"}
# Every connection between programs: who opens it, to whom, to which port.
EDGES = {("sender", "router", 5572), ("ingest", "router", 5573), ("ingest", "router", 5575),
         ("console", "router", 5575), ("sender", "tokens", 5574), ("console", "tokens", 5574),
         ("sender", "console", 5576)}
NOT_PUBLIC = ["10.1.2.3", "10.255.255.255", "192.168.255.255", "100.127.255.255",
              "172.16.0.1", "172.31.255.255", "192.168.0.1", "127.0.0.1", "169.254.169.254",
              "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
              "::1", "fd00::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
              "2002:a00:1::", "2001:db8::1"]
PUBLIC = ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111"]


@pytest.fixture(scope="module", params=OVERLAYS)
def objects(request):
    return build(os.path.join(MANIFESTS, "overlays", request.param))


def of_kind(objects, kind):
    return [o for o in objects if o["kind"] == kind]


def services(objects):
    """Our own programs: name -> pod template."""
    return {o["metadata"]["labels"]["app.kubernetes.io/component"]: pod
            for o, pod in pods(objects) if o["kind"] == "Deployment"}


def matches(labels, selector):
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    return all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items()) and \
        all(labels.get(e["key"]) not in e["values"] for e in selector.get("matchExpressions", [])
            if e["operator"] == "NotIn" or pytest.fail(f"not known here: {e}"))


def selected(objects, selector):
    """The pods that a selector selects, by their component."""
    return {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod
            for _, pod in pods(objects) if matches(pod["metadata"]["labels"], selector)}


def faults(objects):
    done = subprocess.run(["node", os.path.join(ROOT, "tests", "system", "kubernetes.mjs")],
                          input=json.dumps(objects), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_schemas_of_kubernetes_hold(objects):
    own = [o for o in objects if o["apiVersion"] != "monitoring.coreos.com/v1"]
    assert len(own) >= len(objects) - 1
    assert faults(own) == []


def test_that_check_finds_faults():
    objects = build(os.path.join(MANIFESTS, "base"))
    deployment = of_kind(objects, "Deployment")[0]
    name = deployment["metadata"]["name"]
    container = container_of(deployment["spec"]["template"])
    container["livenessProbes"] = container.pop("livenessProbe")
    container["securityContext"]["capabilities"]["drops"] = []
    deployment["spec"]["replicas"] = "2"
    found = faults([deployment, {"apiVersion": "apps/v2", "kind": "Deployment"}])
    place = f"Deployment {name}: /spec/template/spec/containers/0/"
    assert place + "livenessProbes: no such field" in found
    assert place + "securityContext/capabilities/drops: no such field" in found
    assert any("replicas must be integer" in f for f in found)
    assert "apps/v2/Deployment: no such kind" in found
    assert len(found) == 4


def test_there_is_one_of_each_program(objects):
    assert set(services(objects)) == PROGRAMS
    version = call(binary("postrider"), "--version", env=clean_environment()).split()[-1]
    for name, pod in services(objects).items():
        container = container_of(pod)
        assert container["command"] == ["postrider-" + name]
        assert container["image"].rsplit(":", 1)[1] == version
        assert os.access(binary(container["command"][0]), os.X_OK)


def shown(objects, pod, secrets, folder):
    """What the program makes of its environment, POD_IP aside."""
    mount(objects, pod, secrets, folder)
    env = environment(objects, pod, folder, {"metadata.name": "postrider-x-5d8f9c-abcde",
                                             "status.podIP": "10.9.8.7"})
    text = call(binary(container_of(pod)["command"][0]), "--show-config", env=env)
    made = dict(line.split("=", 1) for line in text.splitlines())
    assert {key.removesuffix("_FILE") for key in env} <= set(made) | {"POD_IP"}
    return made


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    return Secrets(str(tmp_path_factory.mktemp("secrets")))


def test_the_programs_take_their_settings(objects, secrets, tmp_path):
    for name, pod in services(objects).items():
        made = shown(objects, pod, secrets, str(tmp_path))
        assert made["POSTRIDER_INSTANCE"] == "postrider-x-5d8f9c-abcde"
        assert made["POSTRIDER_REDIS_URL"] != "redis://127.0.0.1:6379", "it is the default"
        own = {k: v for k, v in made.items()
               if k.startswith("POSTRIDER_" + name.upper()) and k.endswith("_BIND")}
        assert {int(v.rsplit(":", 1)[1]) for v in own.values()} == set(ports_of(pod).values())
        assert not any("127.0.0.1" in v for v in own.values())
        # Peers are told what is bound, and cannot look up the name of a pod.
        for key in ("ROUTER_SENDER", "ROUTER_INGEST", "ROUTER_FEED", "TOKENS", "CONSOLE_SENDER"):
            assert "10.9.8.7" in own.get(f"POSTRIDER_{key}_BIND", "10.9.8.7")


def test_they_end_before_they_are_killed(objects, secrets, tmp_path):
    for pod in services(objects).values():
        sleep = container_of(pod).get("lifecycle", {}).get("preStop", {}).get("exec", {}) \
            .get("command", ["sleep", "0"])
        assert sleep[0] == "sleep"
        drain_s = int(shown(objects, pod, secrets, str(tmp_path))["POSTRIDER_DRAIN_MS"]) / 1000
        assert pod["spec"]["terminationGracePeriodSeconds"] >= drain_s + int(sleep[1]) + 10


def test_the_probes_ask_the_admin_port(objects):
    for pod in services(objects).values():
        container = container_of(pod)
        paths = {kind: container[kind + "Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
        assert {p["port"] for p in paths.values()} == {"admin"}
        assert [paths[k]["path"] for k in ("startup", "readiness", "liveness")] == \
            ["/livez", "/healthz", "/livez"]
        assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(ports_of(pod)["admin"])


def test_every_pod_is_closed(objects):
    for _, pod in pods(objects):
        spec, own = pod["spec"], container_of(pod)["securityContext"]
        # Services of the same names would become settings that no program knows.
        assert spec["enableServiceLinks"] is False
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert own == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                       "capabilities": {"drop": ["ALL"]}}
        assert "memory" in container_of(pod)["resources"]["limits"]


def test_every_selector_selects(objects):
    for owner, pod in pods(objects):
        assert selected(objects, owner["spec"]["selector"]) == \
            {owner["metadata"]["labels"]["app.kubernetes.io/component"]: pod}
        for spread in pod["spec"].get("topologySpreadConstraints", []):
            assert len(selected(objects, spread["labelSelector"])) == 1
    for service in of_kind(objects, "Service"):
        pod, = selected(objects, {"matchLabels": service["spec"]["selector"]}).values()
        for port in service["spec"]["ports"]:
            assert ports_of(pod)[port["targetPort"]] == port["port"]
    budgets = of_kind(objects, "PodDisruptionBudget")
    assert set().union(*(selected(objects, b["spec"]["selector"]) for b in budgets)) == PROGRAMS
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        assert "replicas" not in named(objects, target["kind"], target["name"])["spec"]
    for monitor in of_kind(objects, "PodMonitor"):
        found = selected(objects, monitor["spec"]["selector"])
        assert set(found) == PROGRAMS
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            assert all(endpoint["port"] in ports_of(pod) for pod in found.values())


def rules(objects, direction, peers):
    """(pod of the policy, peer, port) of every rule that names pods."""
    for policy in of_kind(objects, "NetworkPolicy"):
        for rule in policy["spec"].get(direction, []):
            for peer, port in itertools.product(rule[peers], rule["ports"]):
                if "podSelector" in peer and "namespaceSelector" not in peer:
                    yield from ((own, other, port["port"]) for own, other in itertools.product(
                        selected(objects, policy["spec"]["podSelector"]),
                        selected(objects, peer["podSelector"])))


def test_the_network_lets_through_what_there_is(objects):
    leaves = set(rules(objects, "egress", "to"))
    comes = {(other, own, port) for own, other, port in rules(objects, "ingress", "from")}
    assert leaves == comes, "each edge is allowed at both of its ends"
    between = {e for e in leaves if e[1] != "redis"}
    dev = "POSTRIDER_DEV" in named(objects, "ConfigMap", "postrider-settings")["data"]
    assert between == EDGES | ({("sender", "console", 8080)} if dev else set())
    found = selected(objects, {"matchLabels": {"app.kubernetes.io/name": "postrider"}})
    for _, to, port in leaves:
        assert port in ports_of(found[to]).values()
    default = named(objects, "NetworkPolicy", "postrider-default")["spec"]
    assert set(selected(objects, default["podSelector"])) == set(found)
    assert set(default["policyTypes"]) == {"Ingress", "Egress"}
    to_redis = named(objects, "NetworkPolicy", "postrider-to-redis")["spec"]
    assert PROGRAMS <= set(selected(objects, to_redis["podSelector"]))


def reaches(blocks, address):
    address = ipaddress.ip_address(address)
    return any(address in ipaddress.ip_network(b["cidr"]) and
               not any(address in ipaddress.ip_network(n) for n in b.get("except", []))
               for b in blocks)


def test_only_senders_and_tokens_reach_the_internet_and_nothing_private(objects):
    for name, pod in services(objects).items():
        blocks = [peer["ipBlock"] for policy in of_kind(objects, "NetworkPolicy")
                  if policy["metadata"]["name"] != "postrider-to-redis"
                  and matches(pod["metadata"]["labels"], policy["spec"]["podSelector"])
                  for rule in policy["spec"].get("egress", []) for peer in rule["to"]
                  if "ipBlock" in peer]
        assert not any(reaches(blocks, a) for a in NOT_PUBLIC), name
        assert all(reaches(blocks, a) == (name in ("sender", "tokens")) for a in PUBLIC), name


def test_the_scaler_asks_for_what_the_adapter_makes():
    folder = os.path.join(MANIFESTS, "components", "autoscaling")
    scaler, = read(folder + "/sender.yaml")
    rule, = read(folder + "/adapter-rule.yaml")[0]["rules"]
    wanted = [m["pods"]["metric"]["name"] for m in scaler["spec"]["metrics"] if m["type"] == "Pods"]
    assert wanted == [rule["name"]["as"]]
    with open(os.path.join(ROOT, "docs", "operations.md"), encoding="utf-8") as f:
        page = f.read()
    for metric in re.findall(r"postrider_\w+(?=\{)", rule["metricsQuery"]):
        assert f"| `{metric}` | g |" in page


def test_redis_keeps_everything(tmp_path):
    """A real Redis takes the arguments of the manifest."""
    stateful, = (o for o in read(os.path.join(MANIFESTS, "components", "redis", "redis.yaml"))
                 if o["kind"] == "StatefulSet")
    argv = container_of(stateful["spec"]["template"])["command"]
    path = str(tmp_path / "redis.sock")
    argv = [*(str(tmp_path) if word == "/data" else word for word in argv),
            "--port", "0", "--unixsocket", path]
    server = Process("redis", argv, clean_environment(), str(tmp_path / "log"))
    try:
        wait_until(lambda: os.path.exists(path), 20, "Redis listens")
        for name, value in [("appendonly", "yes"), ("appendfsync", "always"), ("save", ""),
                            ("maxmemory-policy", "noeviction"), ("maxmemory", str(1200 << 20))]:
            assert call("redis-cli", "-s", path, "config", "get", name) == f"{name}\n{value}\n"
    finally:
        assert server.stop() == 0


def start_redis(folder, stack, password):
    path = os.path.join(folder, "redis.sock")
    argv = ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
    if password:
        argv += ["--requirepass", password]
    server = Process("redis", argv, clean_environment(), os.path.join(folder, "redis.log"))
    stack.callback(server.stop)
    return "unix://" + path


def is_well(pod):
    with contextlib.suppress(OSError):
        return request("GET", pod.url("admin", "/healthz")).status == 200
    assert pod.process.alive(), pod.process.log()
    return False


def has_curve(objects):
    settings = named(objects, "ConfigMap", "postrider-settings")["data"]
    return settings["POSTRIDER_PLAINTEXT_OK"] == "false"


def mechanism(ip, port):
    """How a ZeroMQ socket wants connections to be secured, as its greeting says (ZMTP 3)."""
    with socket.create_connection((ip, port), 5) as s:
        # Signature and version: it would not answer to another mechanism.
        s.sendall(b"\xff" + bytes(8) + b"\x7f\x03\0")
        greeting = s.makefile("rb").read(32)
    return greeting[12:].rstrip(b"\0").decode()


def publisher_for(objects, ingest, secrets):
    endpoint = f"tcp://{ingest.ip}:{ingest.ports['publish']}"
    if not has_curve(objects):
        return Publisher(endpoint)
    return CurvePublisher(endpoint, secrets.keys.pair("services")[0], secrets.keys.pair(PUBLISHER))


def test_the_manifests_make_a_system(objects, secrets, tmp_path):
    """One of each pod, as processes; an event goes the whole way, with CURVE where it is."""
    with contextlib.ExitStack() as stack:
        has_password = any(o["metadata"]["name"] == "postrider-redis"
                           for o in of_kind(objects, "Secret"))
        overrides = {"POSTRIDER_DEV": "true", "POSTRIDER_REDIS_URL":
                     start_redis(str(tmp_path), stack, "secret" if has_password else None)}
        running = {}
        for i, (name, pod) in enumerate(services(objects).items()):
            running[name] = Running(objects, name, pod, secrets, str(tmp_path),
                                    f"127.0.{os.getpid() % 200 + 20}.{i + 1}", overrides)
            stack.callback(running[name].process.stop)
        for pod in running.values():
            wait_until(lambda pod=pod: is_well(pod), 20, f"{pod.name} is well")
        api = Api(running["console"].url("http"), ADMIN_KEY)
        api.post("/v1/projects", {"id": "demo", "name": "Demo"})
        made = api.post("/v1/projects/demo/webhooks", {
            "name": "inbox", "kind": "system", "eventNames": ["*"],
            "url": running["console"].url("http", "/inbox/demo")})
        assert made.status == 201, made
        publisher = publisher_for(objects, running["ingest"], secrets)
        stack.callback(publisher.close)

        def arrived():
            publisher.send({"project": "demo", "eventName": "emailOpen", "userId": "u-1"})
            answer = api.get("/v1/inboxes/demo")
            return answer.status == 200 and answer.json["data"]
        wait_until(arrived, 20, "it arrives")
        wanted = "CURVE" if has_curve(objects) else "NULL"
        for pod in running.values():
            for port in set(pod.ports) - {"http", "admin"}:
                assert mechanism(pod.ip, pod.ports[port]) == wanted, f"{pod.name} {port}"
