"""Frames as proto/messages.h has them, for a test that plays another process.

SPDX-License-Identifier: Apache-2.0
"""
import msgpack

EVENT, ATTEMPT, PROCESS, TOKEN_ASK, TOKEN, GRANT = 3, 7, 9, 11, 12, 13
OUTCOME_DELIVERED = 1
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def frame(kind, *fields):
    """Of one record."""
    return msgpack.packb([1, kind, 1, 0, 0]) + msgpack.packb(fields)


def raw_id(text):
    """The 16 bytes of "cred_…"."""
    number = 0
    for c in text.partition("_")[2]:
        number = number * 32 + DIGITS.index(c)
    return number.to_bytes(16, "big")


def id_of(prefix, raw):
    """The text of 16 bytes."""
    number, text = int.from_bytes(raw, "big"), ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        text = DIGITS[digit] + text
    return f"{prefix}_{text}"


def id_at(wall_ms, n):
    """The nth 16 bytes of a moment."""
    return wall_ms.to_bytes(6, "big") + n.to_bytes(10, "big")
