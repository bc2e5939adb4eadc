"""Prometheus' configuration, the alerts and the dashboard, against a running system.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import shutil

import pytest

from harness.http import request
from harness.process import ROOT
from harness.wait import wait_until
from stack import SERVICES, run

OBSERVE = os.path.join(ROOT, "deploy", "observe")
ALERTS = os.path.join(OBSERVE, "alerts.yml")
# Of settings that the stack does without; check-docs knows them from the sources.
ELSEWHERE = {"postrider_curve_refused_total", "postrider_ingest_replicas_short_total"}
DASHBOARD = os.path.join(OBSERVE, "grafana", "dashboards", "postrider.json")


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def panels():
    return [p for p in json.loads(text_of(DASHBOARD))["panels"] if p["type"] != "row"]


def test_configuration_and_rules(tmp_path):
    run("promtool", "check", "config", os.path.join(OBSERVE, "prometheus.yml"))
    broken = tmp_path / "broken.yml"
    broken.write_text(text_of(ALERTS).replace("sum(", "sum((", 1))
    assert run("promtool", "check", "rules", str(broken), check=False).returncode


def test_panels_have_expressions_that_parse(tmp_path):
    rules = []
    for panel in panels():
        assert panel["title"] and panel["targets"] and panel["datasource"]["uid"] == "prometheus"
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "1m")
            rules.append({"record": f"panel{panel['id']}:{target['refId']}:x", "expr": expression})
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    run("promtool", "check", "rules", str(file))
    places = [tuple(sorted(p["gridPos"].items())) for p in panels()]
    assert len(set(places)) == len(places), "panels lie on each other"
    assert len({p["id"] for p in panels()}) == len(panels())


def test_what_they_ask_for_is_measured(stack):
    found = set()
    for service in SERVICES:
        text = stack.metrics(service)
        assert text.count("postrider_healthy 1") >= 1, service
        found |= set(re.findall(r"^(\w+)", text, re.M))
    for path in (ALERTS, DASHBOARD):
        asked = set(re.findall(r"\b(?:postrider|process)_\w+", text_of(path)))
        assert asked and asked <= found | ELSEWHERE, (path, asked - found)


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_found_by_its_name(service):
    """A job of its own, with the port that docker-compose.yml gives it."""
    jobs = dict(re.findall(r"job_name: (\S+)\n.*\n +- \{names: \[(\w+)\], type: A, port: \d+",
                           text_of(os.path.join(OBSERVE, "prometheus.yml"))))
    port = re.search(rf"names: \[{service}\], type: A, port: (\d+)",
                     text_of(os.path.join(OBSERVE, "prometheus.yml"))).group(1)
    assert jobs[f"postrider-{service}"] == service
    compose = text_of(os.path.join(ROOT, "docker-compose.yml"))
    assert f"POSTRIDER_{service.upper()}_ADMIN_BIND: 0.0.0.0:{port}" in compose


def test_prometheus_finds_every_container(stack):
    """Debian's, from this host: its image may be out of reach."""
    stack.up(sender=2)
    folder = os.path.join(stack.folder, "observe")
    os.mkdir(folder)
    shutil.copy(ALERTS, folder)
    with open(os.path.join(folder, "prometheus.yml"), "w", encoding="utf-8") as f:
        f.write(text_of(os.path.join(OBSERVE, "prometheus.yml"))
                .replace("evaluation_interval: 15s", "evaluation_interval: 1s"))
    base = stack.run_beside(
        "prometheus", stack.images.tools, "prometheus", "--config.file=/observe/prometheus.yml",
        "--storage.tsdb.path=/tmp/prometheus", port=9090,
        flags=["-v", f"{shutil.which('prometheus')}:/usr/local/bin/prometheus:ro",
               "-v", f"{folder}:/observe:ro"])

    def get(path):
        try:
            answer = request("GET", base + "/api/v1/" + path)
        except OSError:
            return None
        return answer.json["data"] if answer.status == 200 else None

    def up():
        found = (get("targets") or {}).get("activeTargets", [])
        return sorted(t["labels"]["job"] for t in found if t["health"] == "up")
    wait_until(lambda: up() == sorted(["postrider-sender"] + ["postrider-" + s for s in SERVICES]),
               40, "six targets are up", poll=0.5)

    def rules():
        found = [r for g in (get("rules") or {"groups": []})["groups"] for r in g["rules"]]
        return found if found and all(r["health"] != "unknown" for r in found) else None
    seen = wait_until(rules, 40, "every rule has been tried", poll=0.5)
    assert {r["health"] for r in seen} == {"ok"}, [r for r in seen if r["health"] != "ok"]
    assert len(seen) == text_of(ALERTS).count("- alert:")
    wait_until(lambda: get("alerts") == {"alerts": []}, 20, "none of them is on its way", poll=0.5)
