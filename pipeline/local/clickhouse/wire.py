"""Numbers, strings and compressed frames of the native protocol.

What comes in: chunks of bytes from a socket or from compressed frames. What goes out: values, and bytes to send.
"""

import struct
from collections.abc import Callable
from typing import Final, Self

import lz4.block
from clickhouse_cityhash.cityhash import CityHash128

_LZ4: Final = 0x82
_PLAIN: Final = 0x02
_FRAME_HEADER: Final = struct.Struct("<BII")
_FRAME_SIZE: Final = 1 << 20
_FRAME_LIMIT: Final = 1 << 30
"""Larger frames are refused before memory is given to them."""
_LONGEST_VARINT: Final = 63
STRING_LIMIT: Final = 1 << 28
"""Bytes that a single string outside of a block may have: no query is longer."""


class ProtocolError(Exception):
    """The other side does not speak the protocol; the connection cannot go on."""


def varint(number: int) -> bytes:
    """Write an unsigned number, seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 127:  # noqa: PLR2004 - seven bits
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def string(text: str | bytes) -> bytes:
    """Write a string: its length in bytes, then its bytes."""
    data = text.encode() if isinstance(text, str) else text
    return varint(len(data)) + data


class Inbox:
    """Reads values from chunks; `more` gives the next chunk, or raises EOFError."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self.more = more
        self.data = b""
        self.at = 0

    def take(self, size: int) -> bytes:
        """Give the next bytes."""
        end = self.at + size
        if end > len(self.data):
            self._gather(size)
            end = size
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def _gather(self, size: int) -> None:
        chunks = [self.data[self.at :]]
        held = len(chunks[0])
        while held < size:
            chunks.append(self.more())
            held += len(chunks[-1])
        self.data, self.at = b"".join(chunks), 0

    def byte(self) -> int:
        """Give the next byte."""
        return self.take(1)[0]

    def varint(self) -> int:
        """Read an unsigned number."""
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004 - the last byte has no high bit
                return number
            shift += 7
            if shift > _LONGEST_VARINT:
                raise ProtocolError("a number has more than 64 bits")

    def bytes(self) -> bytes:
        """Read a string as bytes."""
        size = self.varint()
        if size > STRING_LIMIT:
            raise ProtocolError(f"a string of {size} bytes is too long")
        return self.take(size)

    def string(self) -> str:
        """Read a string; what is no UTF-8 is kept as surrogates."""
        return self.bytes().decode(errors="surrogateescape")

    def decompressed(self) -> Self:
        """Give an inbox for what lies in the compressed frames that come next."""
        return type(self)(lambda: read_frame(self))


def read_frame(inbox: Inbox) -> bytes:
    """Read one compressed frame and give its content. Raises ProtocolError."""
    checksum = inbox.take(16)
    header = inbox.take(_FRAME_HEADER.size)
    method, size, content_size = _FRAME_HEADER.unpack(header)
    if not _FRAME_HEADER.size <= size <= _FRAME_LIMIT or content_size > _FRAME_LIMIT:
        raise ProtocolError(f"a compressed frame of {size} bytes for {content_size} is refused")
    body = inbox.take(size - _FRAME_HEADER.size)
    if _checksum(header + body) != checksum:
        raise ProtocolError("the checksum of a compressed frame is wrong")
    if method == _PLAIN:
        return body
    if method != _LZ4:
        raise ProtocolError(f"compression method {method:#x} is not supported: use lz4")
    try:
        content: bytes = lz4.block.decompress(body, uncompressed_size=content_size)
    except lz4.block.LZ4BlockError as error:
        raise ProtocolError(f"a compressed frame is damaged: {error}") from error
    return content


def frames(data: bytes) -> bytes:
    """Compress bytes with LZ4 into one or more frames."""
    return b"".join(_frame(data[start : start + _FRAME_SIZE]) for start in range(0, len(data), _FRAME_SIZE))


def _frame(data: bytes) -> bytes:
    packed: bytes = lz4.block.compress(data, store_size=False)
    body = _FRAME_HEADER.pack(_LZ4, len(packed) + _FRAME_HEADER.size, len(data)) + packed
    return _checksum(body) + body


def _checksum(body: bytes) -> bytes:
    """CityHash128 as ClickHouse writes it: the high half first, each half little-endian."""
    value: int = CityHash128(body)
    return (value >> 64).to_bytes(8, "little") + (value & (1 << 64) - 1).to_bytes(8, "little")
