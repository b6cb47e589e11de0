"""Blocks: many messages for one stitch partition in one Kafka record."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from pipeline.core.message import Crossed, Message, encode_block

MESSAGES: Final = 8_000
"""Messages in a block at most: about 1 MB, far below the 65,536 that a position can count. Actors settle once per
block, so larger blocks are less work."""
BYTES: Final = 1 << 20
"""Bytes in a block at most, but for a single message; the broker takes eight times as much."""


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
