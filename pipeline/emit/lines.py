"""Interactions in files: one JSON object a line, flat or a structured CloudEvent; a file named .json is one object.

What comes in: a path, or - for standard input. What goes out: lines with what Kafka needs beside the bytes, which stay as
they are. Blank lines are passed over.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from pipeline.emit.connection import EmitError
from pipeline.emit.key import key_of

CHUNK: Final = 1 << 20
STRUCTURED: Final = (("content-type", b"application/cloudevents+json"),)

_decode: Final = msgspec.json.Decoder().decode


class Line(NamedTuple):
    """One record of a file."""

    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    key: bytes | None = None
    """None where the line is no JSON object."""
    source: str = ""


def line_of(value: bytes) -> Line:
    """Give what Kafka needs of a line; one that cannot be read has neither key nor source."""
    try:
        members = _decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Line(value)
    if not isinstance(members, dict):
        return Line(value)
    headers = STRUCTURED if "specversion" in members else ()
    return Line(value, headers, key_of(members), str(members.get("source", "")))


def open_lines(file: str) -> BinaryIO:
    """Open a path, or standard input for -. Raises EmitError."""
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise EmitError(f"{file}: {error.strerror}") from error


def lines_in(file: str) -> Iterator[tuple[int, bytes]]:
    """Give number and bytes of each line that is not blank, as they come. Raises EmitError."""
    with open_lines(file) as stream:
        if file.endswith(".json"):
            yield 1, stream.read().strip()
            return
        for number, line in enumerate(stream, 1):
            if stripped := line.strip():
                yield number, stripped


async def chunks_of(stream: BinaryIO) -> AsyncIterator[list[bytes]]:
    """Give the lines that can be had without waiting, again and again; waiting blocks nobody else."""
    rest = b""
    while chunk := await _in_thread(stream):
        *lines, rest = (rest + chunk).split(b"\n")
        yield [line for line in lines if line.strip()]
    if rest.strip():
        yield [rest]


async def _in_thread(stream: BinaryIO) -> bytes:
    """Read what there is, in a daemon thread: an interrupt need not wait for a silent pipe."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[bytes] = loop.create_future()

    def read() -> None:
        found: Any
        try:
            found = stream.read1(CHUNK)  # type: ignore[attr-defined]  # buffered readers have it
        except OSError as error:
            found = error
        loop.call_soon_threadsafe(_settle, result, found)

    threading.Thread(target=read, daemon=True).start()
    return await result


def _settle(result: "asyncio.Future[bytes]", found: bytes | OSError) -> None:
    if result.cancelled():
        return
    if isinstance(found, OSError):
        result.set_exception(EmitError(f"reading failed: {found.strerror}"))
    else:
        result.set_result(found)
