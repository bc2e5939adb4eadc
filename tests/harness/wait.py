"""Waiting for a condition: the only place of the tests that sleeps.

SPDX-License-Identifier: Apache-2.0
"""
import time

POLL_S = 0.02


class Timeout(AssertionError):
    pass


def wait_until(condition, timeout=10, what="", poll=POLL_S):
    """Returns the first true value of condition(); fails after timeout seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Timeout(f"not within {timeout} s: {what or condition}; last: {value!r}")
        time.sleep(poll)


def stays(condition, seconds, what="", poll=POLL_S):
    """Fails as soon as condition() is false within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), what or condition
        time.sleep(poll)
