"""Blocks: many messages for one stitch partition in one Kafka record.

What comes in: messages to send; records to read. What goes out: records; blocks. What may be lost: a record that no
version of this program can have written (decision 0090); it says nothing to anybody.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Protocol

import msgspec
import structlog

from pipeline.core.batch import Block, read_block
from pipeline.core.message import Crossed, Message, encode_block

MESSAGES: Final = 8_000
"""Messages in a block at most: about 1 MB, far below the 65,536 that a position can count. Actors settle once per
block, so larger blocks are less work."""
BYTES: Final = 1 << 20
"""Bytes in a block at most, but for a single message; the broker takes eight times as much."""


_ARRAY: Final = frozenset({*range(0x90, 0xA0), 0xDC, 0xDD})
"""First bytes of a MessagePack array, which every block is. No JSON and no plain text begins so."""

Place = tuple[int, int]
"""Partition and offset."""

log = structlog.get_logger(__name__)


class BlockError(Exception):
    """The log has a record that may be ours and cannot be read; nothing after it may be."""


class Producer(Protocol):
    """What sends a record to a partition."""

    async def send(self, topic: str, partition: int, value: bytes) -> int:
        """Send one record; give the broker's append time in ms once it is acknowledged by all replicas."""


async def send_blocks(
    producer: Producer, topic: str, messages: Mapping[int, Sequence[Message | Crossed]]
) -> int:
    """Send messages, by partition, in order; give the newest append time in ms, 0 if there was nothing to send."""
    sends = [
        producer.send(topic, partition, block)
        for partition, told in messages.items()
        for block in blocks_of(told)
    ]
    return max(await asyncio.gather(*sends), default=0)


def blocks_of(messages: Sequence[Message | Crossed]) -> Iterator[bytes]:
    """Encode messages as blocks, in order, each as large as it may be or half of that."""
    for at in range(0, len(messages), MESSAGES):
        yield from _small_enough(messages[at : at + MESSAGES])


def _small_enough(messages: Sequence[Message | Crossed]) -> Iterator[bytes]:
    block = encode_block(messages)
    if len(block) <= BYTES or len(messages) == 1:
        yield block
        return
    half = len(messages) // 2
    yield from _small_enough(messages[:half])
    yield from _small_enough(messages[half:])


def place_of(text: str) -> Place:
    """Give the partition and the offset of "3/51"."""
    partition, _, offset = text.partition("/")
    return int(partition), int(offset)


def block_at(
    topic: str, place: Place, value: bytes | None, time: int, passed_over: Collection[Place] = ()
) -> Block:
    """Read a record of the stitch topic; what cannot be ours, or is to be passed over, is a block without messages.

    Raises BlockError, which says where and what to do.
    """
    partition, offset = place
    if not value or value[0] not in _ARRAY or place in passed_over:
        log.error("passed over a record that is no block", topic=topic, partition=partition, offset=offset)
        return Block(offset, (), (), time)
    try:
        return read_block(offset, value, time)
    except msgspec.DecodeError as error:
        raise BlockError(
            f"topic {topic}, partition {partition}, offset {offset}: this is no block that this version reads ({error}), "
            "and nothing after it is read. Run the version that wrote it; if nobody of ours did, set "
            f"stitch_passes_over to {partition}/{offset} for all workers, for as long as that record is there"
        ) from None
