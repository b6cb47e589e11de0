"""Blocks are found whatever the pieces in which they come."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local.clickhouse.blocks import Block, Column, engine_blocks, read_block
from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.layout import arguments_of, layout_of
from pipeline.local.clickhouse.wire import Inbox, ProtocolError, frames, read_frame, string, varint

_INFO = varint(0)


def _native(strings: list[bytes], numbers: list[int], *, wire: bool) -> bytes:
    """A block of two columns of strings around one of numbers, as the wire or as the engine has it."""
    flag = b"\0" if wire else b""
    texts = b"".join(map(string, strings))
    return b"".join(
        (
            varint(3) + varint(len(strings)),
            string("a") + string("String") + flag + texts,
            string("n") + string("UInt64") + flag + b"".join(n.to_bytes(8, "little") for n in numbers),
            string("b") + string("String") + flag + texts,
        )
    )


def _inbox(data: bytes, cuts: list[int]) -> Inbox:
    borders = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces: Iterator[bytes] = iter([data[a:b] for a, b in pairwise(borders)])

    def more() -> bytes:
        try:
            return next(pieces)
        except StopIteration:
            raise EOFError from None

    return Inbox(more)


_lengths = st.one_of(st.integers(0, 300), st.integers(16_000, 17_000), st.just(36))


@settings(max_examples=300, deadline=None)
@given(
    lengths=st.lists(_lengths, max_size=30),
    same=st.integers(0, 1),
    cuts=st.lists(st.integers(0, 2**20), max_size=40),
    after=st.binary(max_size=5),
)
def test_a_block_is_read_whatever_the_pieces(
    lengths: list[int], same: int, cuts: list[int], after: bytes
) -> None:
    strings = [bytes([n % 256]) * (lengths[0] if same else length) for n, length in enumerate(lengths)]
    numbers = list(range(len(strings)))
    inbox = _inbox(_INFO + _native(strings, numbers, wire=True) + after, cuts)
    block = read_block(inbox)
    assert block == Block(
        (Column("a", "String"), Column("n", "UInt64"), Column("b", "String")),
        len(strings),
        _native(strings, numbers, wire=False),
    )
    assert inbox.take(len(after)) == after


@given(counts=st.lists(st.integers(0, 20), min_size=1, max_size=4))
def test_the_engines_bytes_are_split_into_blocks_for_the_wire(counts: list[int]) -> None:
    parts = [([b"x" * n] * n, list(range(n))) for n in counts]
    whole = b"".join(_native(*part, wire=False) for part in parts)
    assert [block.data for block in engine_blocks(whole)] == [_native(*part, wire=True) for part in parts]


@given(data=st.binary(max_size=3000), damage=st.integers(0, 2999))
def test_a_damaged_frame_is_refused(data: bytes, damage: int) -> None:
    packed = bytearray(frames(data or b"x"))
    assert read_frame(_inbox(bytes(packed), [])) == (data or b"x")
    packed[damage % len(packed)] ^= 0x55
    with pytest.raises((ProtocolError, EOFError)):
        read_frame(_inbox(bytes(packed), []))


@given(number=st.integers(0, 2**64 - 1))
def test_a_varint_comes_back(number: int) -> None:
    assert _inbox(varint(number), []).varint() == number


def test_a_cut_block_is_no_block() -> None:
    whole = _INFO + _native([b"abc", b"d"], [1, 2], wire=True)
    for size in range(len(whole)):
        with pytest.raises(EOFError):
            read_block(_inbox(whole[:size], []))


def test_commas_in_quotes_and_brackets_are_no_borders() -> None:
    assert arguments_of("Enum8('a, (b' = 1, 'it\\'s' = 2)") == ["'a, (b' = 1", "'it\\'s' = 2"]
    assert arguments_of("Map(String, Array(Tuple(UInt8, String)))") == [
        "String",
        "Array(Tuple(UInt8, String))",
    ]


@pytest.mark.parametrize(
    "kind", ["AggregateFunction(uniq, UInt64)", "Dynamic", "JSON", "Array(JSON)", "Nonsense"]
)
def test_a_type_that_cannot_be_walked_is_named(kind: str) -> None:
    with pytest.raises(Failure, match="cannot go over"):
        layout_of(kind)
