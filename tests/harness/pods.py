"""Pods of Kubernetes as their containers would find themselves: environment, mounted secrets.

SPDX-License-Identifier: Apache-2.0
"""
import os
import re

from .curve import Keys
from .kustomize import named
from .process import Process, binary
from .system import ADMIN_KEY, MASTER_KEY

PUBLISHER = "shop"


def container_of(pod):
    container, = pod["spec"]["containers"]
    return container


def ports_of(pod):
    return {p["name"]: p["containerPort"] for p in container_of(pod)["ports"]}


class Secrets:
    """What the files hold that overlays make their secrets from."""

    def __init__(self, folder):
        self.keys = Keys(os.path.join(folder, "keys"))
        self.keys.make("services")
        self.keys.make(PUBLISHER, "--project", "*")
        self.texts = {"master.key": MASTER_KEY, "admin.key": ADMIN_KEY, "password": "secret"}
        for path in (self.keys.public_file("services"), self.keys.secret_file("services"),
                     self.keys.public_file(PUBLISHER)):
            with open(path, encoding="utf-8") as f:
                self.texts[os.path.basename(path)] = f.read()


def mount(objects, pod, secrets, folder):
    """Writes the secrets that the pod mounts, each below folder instead of the root."""
    volumes = {v["name"]: v["secret"] for v in pod["spec"].get("volumes", [])}
    for place in container_of(pod).get("volumeMounts", []):
        secret = volumes[place["name"]]
        has = named(objects, "Secret", secret["secretName"])["data"]
        into = folder + place["mountPath"]
        os.makedirs(into, exist_ok=True)
        for item in secret.get("items", [{"key": key, "path": key} for key in has]):
            assert item["key"] in has, f"{secret['secretName']} has no {item['key']}"
            with open(os.path.join(into, item["path"]), "w", encoding="utf-8") as f:
                f.write(secrets.texts[item["key"]])


def environment(objects, pod, folder, fields):
    """fields: what its own fields are, by their paths. Files are those below folder."""
    container, env = container_of(pod), {}
    for source in container["envFrom"]:
        env.update(named(objects, "ConfigMap", source["configMapRef"]["name"])["data"])
    for entry in container["env"]:
        source = entry.get("valueFrom", {})
        if "fieldRef" in source:
            env[entry["name"]] = fields[source["fieldRef"]["fieldPath"]]
        elif "secretKeyRef" in source:
            wanted = source["secretKeyRef"]
            found = [o for o in objects
                     if (o["kind"], o["metadata"]["name"]) == ("Secret", wanted["name"])]
            assert found or wanted["optional"]
            if found:
                assert wanted["key"] in found[0]["data"]
                env[entry["name"]] = "secret"
        else:
            env[entry["name"]] = re.sub(r"\$\((\w+)\)", lambda m: env[m.group(1)],
                                        entry["value"]).replace("/run/secrets", folder + "/run/secrets")
    return env


class Running:
    """A pod's program as a process, at an address of loopback of its own."""

    def __init__(self, objects, name, pod, secrets, folder, ip, overrides):
        self.name, self.ip, self.ports = name, ip, ports_of(pod)
        root = os.path.join(folder, name)
        os.mkdir(root)
        mount(objects, pod, secrets, root)
        env = environment(objects, pod, root, {"metadata.name": f"postrider-{name}-abcde",
                                               "status.podIP": ip})
        env = {k: v.replace("0.0.0.0", ip) for k, v in env.items()}
        self.process = Process(name, [binary(container_of(pod)["command"][0])],
                               {**env, **overrides}, root + ".log")

    def url(self, port, path=""):
        return f"http://{self.ip}:{self.ports[port]}{path}"
