"""Walks over bytes that come in chunks, and keeps them in the order of the chunks.

What comes in: an inbox. What goes out: everything walked over, minus what was dropped, plus what was inserted. Costs
nothing per value where widths are fixed, and one step of a loop per string.
"""

from pipeline.local.clickhouse.wire import STRING_LIMIT, Inbox, ProtocolError

_HIGH = 128


class Walk:
    """One walk, from the inbox's position on; `finish` puts the inbox behind it."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._data = inbox.data
        self._at = inbox.at
        self._kept = inbox.at
        """Where the piece starts that is not yet in the pieces."""
        self._pieces: list[bytes] = []

    def finish(self) -> bytes:
        """Give what was kept, and leave the inbox behind it."""
        self._keep()
        self._inbox.data, self._inbox.at = self._data, self._at
        return b"".join(self._pieces)

    def skip(self, size: int) -> None:
        """Walk over that many bytes."""
        self._at += size
        while self._at > len(self._data):
            self._next_chunk()

    def number(self, size: int) -> int:
        """Walk over an unsigned little-endian number, and give it."""
        self._need(size)
        start = self._at
        self._at += size
        return int.from_bytes(self._data[start : self._at], "little")

    def varint(self) -> int:
        """Walk over a number of variable size, and give it."""
        number = shift = 0
        while True:
            byte = self.number(1)
            number |= (byte & 127) << shift
            if byte < _HIGH:
                return number
            shift += 7

    def string(self) -> str:
        """Walk over a string, and give it."""
        size = self.varint()
        if size > STRING_LIMIT:
            raise ProtocolError(f"a name of {size} bytes is refused")
        self._need(size)
        start = self._at
        self._at += size
        return self._data[start : self._at].decode(errors="surrogateescape")

    def drop(self) -> int:
        """Walk over a byte without keeping it, and give it."""
        self._need(1)
        self._keep()
        self._at += 1
        self._kept = self._at
        return self._data[self._at - 1]

    def insert(self, data: bytes) -> None:
        """Keep bytes that were not there."""
        self._keep()
        self._pieces.append(data)

    def strings(self, count: int) -> None:
        """Walk over strings, each after its length. The hot loop: no call and no attribute per string."""
        left = count
        while left:
            data = self._data
            at, left = _same_lengths(data, self._at, left)
            try:
                for left in range(left, 0, -1):  # noqa: B007, B020 - what is left when the chunk ends
                    size = data[at]
                    if size >= _HIGH:
                        high = data[at + 1]
                        if high >= _HIGH:
                            size, at = _long(data, at)
                        else:
                            size += (high << 7) - _HIGH
                            at += 1
                    at += size + 1
                left = 0
            except IndexError:
                pass
            self._at = at
            if left:
                self._more_of_a_length()
        self.skip(0)

    def _more_of_a_length(self) -> None:
        """The chunk ended before or within a string's length."""
        if self._at >= len(self._data):
            self._next_chunk()
        else:
            self._need(len(self._data) - self._at + 1)

    def _need(self, size: int) -> None:
        """Make the next bytes lie in one chunk."""
        self.skip(0)
        if self._at + size <= len(self._data):
            return
        self._keep()
        chunks = [self._data[self._at :]]
        held = len(chunks[0])
        while held < size:
            chunks.append(self._inbox.more())
            held += len(chunks[-1])
        self._data = b"".join(chunks)
        self._at = self._kept = 0

    def _keep(self) -> None:
        if self._at > self._kept:
            self._pieces.append(self._data[self._kept : self._at])
            self._kept = self._at

    def _next_chunk(self) -> None:
        """Keep the rest of this chunk; the position may lie beyond the next one too."""
        self._pieces.append(self._data[self._kept :])
        self._at -= len(self._data)
        self._kept = 0
        self._data = self._inbox.more()


def _same_lengths(data: bytes, at: int, count: int) -> tuple[int, int]:
    """Walk over the strings that are as long as the first, such as hashes and empty ones, without a loop.

    Gives where the next string begins, and how many are left.
    """
    first = data[at : at + 1]
    if not first or first[0] >= _HIGH:
        return at, count
    step = first[0] + 1
    lengths = data[at : at + count * step : step]
    same = len(lengths) - len(lengths.lstrip(first))
    return at + same * step, count - same


def _long(data: bytes, at: int) -> tuple[int, int]:
    """Give a length of three bytes or more, and where its last byte lies. Raises IndexError at the chunk's end."""
    size = shift = 0
    while True:
        byte = data[at]
        size |= (byte & 127) << shift
        if byte < _HIGH:
            return size, at
        shift += 7
        at += 1
