"""One system for all files but those that have their own, one sink for each file, one
project for each test.

SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.packages import Packages  # noqa: E402
from harness.sink import Sink  # noqa: E402
from harness.system import Up  # noqa: E402
from harness.token_fixtures import receiver, server  # noqa: E402,F401


@pytest.fixture(scope="session")
def system():
    up = Up()
    yield up
    up.close()


@pytest.fixture(scope="session")
def packages():
    built = Packages()
    yield built
    built.close()


@pytest.fixture(scope="module")
def sink(system):
    receiver = Sink(system.folder)
    yield receiver
    receiver.stop()


@pytest.fixture
def project(system):
    made = system.project()
    made.wait_known()
    yield made
    made.close()


@pytest.fixture
def path(request):
    """A path of the sink that no other test uses."""
    return "/" + re.sub(r"[^A-Za-z0-9]+", "-", request.node.name).strip("-")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that fails shows what every process said."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if hasattr(value, "logs") and callable(value.logs):
                report.sections.append(("logs of the system", value.logs()))
