"""A token server and a receiver for each test, for a conftest.py to take.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from .token_server import Receiver, TokenServer


@pytest.fixture
def server():
    made = TokenServer()
    yield made
    made.close()


@pytest.fixture
def receiver(server):
    """Takes only the server's tokens."""
    made = Receiver(server)
    yield made
    made.close()
