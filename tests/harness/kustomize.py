"""As much of `kustomize build` as deploy/kubernetes uses; what it does not know, it refuses.
Names get no hashes, and what a secret is made from need not be there.

SPDX-License-Identifier: Apache-2.0
"""
import os

import yaml

KNOWN = {"apiVersion", "kind", "namespace", "resources", "components", "configMapGenerator",
         "secretGenerator", "replicas", "images", "patches"}


def read(path):
    with open(path, encoding="utf-8") as f:
        return list(yaml.safe_load_all(f))


def named(objects, kind, name):
    found, = (o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name))
    return found


def config_maps(plan, objects):
    for entry in plan.get("configMapGenerator", []):
        data = dict(literal.split("=", 1) for literal in entry["literals"])
        if entry.get("behavior") == "merge":
            named(objects, "ConfigMap", entry["name"])["data"].update(data)
        else:
            objects.append({"apiVersion": "v1", "kind": "ConfigMap", "data": data,
                            "metadata": {"name": entry["name"]}})


def secrets(plan, objects):
    for entry in plan.get("secretGenerator", []):
        keys = [f.partition("=")[0] if "=" in f else os.path.basename(f)
                for f in entry["files"]]
        objects.append({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                        "metadata": {"name": entry["name"]}, "data": {k: "" for k in keys}})


def merge(into, change):
    """A strategic merge: lists of what has names go by these."""
    for key, value in change.items():
        if isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        elif isinstance(value, list):
            merge_list(into.setdefault(key, []), value)
        else:
            into[key] = value


def merge_list(into, change):
    for item in change:
        if same := [x for x in into if x["name"] == item["name"]]:
            merge(same[0], item)
        else:
            into.append(item)


def patch(plan, objects, folder):
    for entry in plan.get("patches", []):
        if "path" in entry:
            change, = read(os.path.join(folder, entry["path"]))
            merge(named(objects, change["kind"], change["metadata"]["name"]), change)
            continue
        target = named(objects, entry["target"]["kind"], entry["target"]["name"])
        for step in yaml.safe_load(entry["patch"]):
            assert step["op"] == "remove", step
            *parents, last = step["path"].strip("/").split("/")
            for key in parents:
                target = target[key]
            del target[last]


def pods(objects):
    """The pod templates, with what has them."""
    return [(o, o["spec"]["template"]) for o in objects if o["kind"] in ("Deployment", "StatefulSet")]


def replace(plan, objects):
    for entry in plan.get("replicas", []):
        named(objects, "Deployment", entry["name"])["spec"]["replicas"] = entry["count"]
    for entry in plan.get("images", []):
        for _, pod in pods(objects):
            for container in pod["spec"]["containers"]:
                name, _, tag = container["image"].partition(":")
                if name == entry["name"]:
                    container["image"] = f"{entry.get('newName', name)}:{entry.get('newTag', tag)}"


def build(folder, objects=None):
    """The objects of a kustomization; a component changes those that it is given."""
    plan, = read(os.path.join(folder, "kustomization.yaml"))
    assert set(plan) <= KNOWN, f"{folder}: {set(plan) - KNOWN}"
    objects = [] if objects is None else objects
    for name in plan.get("resources", []):
        path = os.path.join(folder, name)
        objects += build(path) if os.path.isdir(path) else read(path)
    for name in plan.get("components", []):
        build(os.path.join(folder, name), objects)
    config_maps(plan, objects)
    secrets(plan, objects)
    patch(plan, objects, folder)
    replace(plan, objects)
    if "namespace" in plan:
        for o in objects:
            if o["kind"] == "Namespace":
                o["metadata"]["name"] = plan["namespace"]
            else:
                o["metadata"]["namespace"] = plan["namespace"]
    names = [(o["kind"], o["metadata"]["name"]) for o in objects]
    assert len(names) == len(set(names)), sorted(names)
    return objects
