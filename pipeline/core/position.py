"""The position of a message: epoch, offset of its block, index in the block, packed into one UInt64."""

from typing import Final, NewType

Position = NewType("Position", int)
"""Orders all messages that one partition ever had."""

_INDEX_BITS: Final = 16
_OFFSET_BITS: Final = 40
_EPOCH_BITS: Final = 8
MAX_MESSAGES: Final = 1 << _INDEX_BITS
"""How many messages a block holds at most."""


def position_of(epoch: int, offset: int, index: int) -> Position:
    """Pack a position.

    Raises:
        OverflowError: if a part does not fit; nothing is ever truncated.
    """
    if epoch >> _EPOCH_BITS or offset >> _OFFSET_BITS or index >> _INDEX_BITS:
        raise OverflowError(f"position ({epoch}, {offset}, {index}) does not fit 8 + 40 + 16 bits")
    return Position(((epoch << _OFFSET_BITS) | offset) << _INDEX_BITS | index)


def offset_of(position: int) -> int:
    """Give the offset of the block."""
    return (position >> _INDEX_BITS) & ((1 << _OFFSET_BITS) - 1)


def epoch_of(position: int) -> int:
    """Give the epoch."""
    return position >> (_INDEX_BITS + _OFFSET_BITS)
