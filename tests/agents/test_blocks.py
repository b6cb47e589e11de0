"""Blocks are bounded by messages and by bytes, and lose nothing."""

from pipeline.agents.blocks import BYTES, MESSAGES, blocks_of
from pipeline.core.batch import read_block
from pipeline.core.message import Link


def links(count: int, size: int) -> list[Link]:
    return [Link(f"cart:{n}", "customer:" + "x" * size, n, ("web", f"i{n}")) for n in range(count)]


def test_many_small_messages_are_cut_by_number_and_large_ones_by_bytes() -> None:
    for count, size in ((2 * MESSAGES + 1, 5), (3_000, 2_000)):
        blocks = list(blocks_of(links(count, size)))
        assert len(blocks) > 1
        assert max(map(len, blocks)) <= BYTES + 16
        assert [m for b in blocks for m in read_block(0, b).messages] == links(count, size)


def test_a_single_message_larger_than_a_block_goes_alone() -> None:
    assert len(list(blocks_of(links(2, BYTES)))) == 2


def test_nothing_to_tell_is_no_block() -> None:
    assert list(blocks_of([])) == []
