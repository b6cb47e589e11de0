"""Blocks are bounded by messages and by bytes, and lose nothing."""

import pytest

from pipeline.agents.blocks import BYTES, MESSAGES, BlockError, block_at, blocks_of, place_of
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


@pytest.mark.parametrize(
    "foreign",
    [b'{"id": "1"}', b'[{"id": "1"}]', b" text", "їжак".encode(), b"", None, b"\x81\xa1a\x01", b"\x07"],
)
def test_a_record_that_cannot_be_ours_says_nothing_and_keeps_its_offset(foreign: bytes | None) -> None:
    block = block_at("stitch", (3, 51), foreign, 7)
    assert (block.offset, list(block.messages), list(block.raw)) == (51, [], [])


@pytest.mark.parametrize("unread", [b"\x91\x92\x63\x01", b"\x91", b"\xdc\xb5"])
def test_a_record_that_may_be_ours_and_cannot_be_read_stops_the_worker_and_says_where(unread: bytes) -> None:
    with pytest.raises(BlockError, match=r"stitch, partition 3, offset 51: .* stitch_passes_over to 3/51"):
        block_at("stitch", (3, 51), unread, 7, passed_over=[(3, 50)])


def test_what_an_operator_names_is_passed_over() -> None:
    assert block_at("stitch", (3, 51), b"\x91\x92\x63\x01", 7, [place_of("3/51")]).messages == ()
    ours = next(blocks_of(links(2, 5)))
    assert list(block_at("stitch", (3, 52), ours, 7, [place_of("3/51")]).messages) == links(2, 5)


def test_nothing_to_tell_is_no_block() -> None:
    assert list(blocks_of([])) == []
