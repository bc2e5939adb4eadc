"""A system of single processes under constant load, and what must hold at its end.

SPDX-License-Identifier: Apache-2.0
"""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.fault import Stage  # noqa: E402
from harness.token_fixtures import receiver, server  # noqa: E402,F401


@pytest.fixture
def stage(request):
    """Two routers, two senders, one ingest, and every kind of webhook."""
    options = getattr(request, "param", {})
    made = Stage(**options)
    yield made
    made.finish(getattr(request.node, "failed", False))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.failed = True
        stage = getattr(item, "funcargs", {}).get("stage")
        if stage:
            report.sections.append(("logs of the system", stage.system.logs()))
