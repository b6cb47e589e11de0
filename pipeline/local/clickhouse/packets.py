"""The packets of the native protocol, revision 54459.

What comes in: what the server has to say. What goes out: bytes. Numbers and order are those of ClickHouse's Protocol.h.
"""

import struct
from enum import IntEnum
from typing import Final

from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.wire import frames, string, varint

REVISION: Final = 54459
"""The lowest with which the driver sends server-side parameters."""


class Asks(IntEnum):
    """What a client sends."""

    HELLO = 0
    QUERY = 1
    DATA = 2
    CANCEL = 3
    PING = 4


class Says(IntEnum):
    """What a server sends."""

    HELLO = 0
    DATA = 1
    EXCEPTION = 2
    PONG = 4
    END_OF_STREAM = 5
    PROFILE_INFO = 6
    PROFILE_EVENTS = 14


_BLOCK_INFO: Final = varint(1) + b"\0" + varint(2) + struct.pack("<i", -1) + varint(0)
"""No overflow rows, no bucket, end."""
PONG: Final = varint(Says.PONG)
END_OF_STREAM: Final = varint(Says.END_OF_STREAM)
NO_EVENTS: Final = varint(Says.PROFILE_EVENTS) + string("") + _BLOCK_INFO + varint(0) + varint(0)
"""An empty block, never compressed. The driver waits for one after each block that it inserts."""


def hello(version: str, timezone: str) -> bytes:
    """Say who answers."""
    major, minor, patch, *_ = map(int, version.split("."))
    return b"".join(
        (
            varint(Says.HELLO),
            string("ClickHouse"),
            *map(varint, (major, minor, REVISION)),
            string(timezone),
            string("local"),
            varint(patch),
        )
    )


def data(block: bytes, *, compressed: bool) -> bytes:
    """Send a block."""
    content = _BLOCK_INFO + block
    return varint(Says.DATA) + string("") + (frames(content) if compressed else content)


def exception(failure: Failure) -> bytes:
    """Tell of a failure, without a stack and without a cause behind it."""
    name, no_stack = string("DB::Exception"), string("")
    return (
        varint(Says.EXCEPTION)
        + struct.pack("<i", failure.code)
        + name
        + string(failure.text)
        + no_stack
        + b"\0"
    )


def profile_info(rows: int, blocks: int, size: int) -> bytes:
    """Tell how much was sent; nothing of what a LIMIT left out."""
    return b"".join(
        (varint(Says.PROFILE_INFO), varint(rows), varint(blocks), varint(size), b"\0", varint(0), b"\0")
    )
