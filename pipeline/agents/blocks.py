"""Blocks: many messages for one stitch partition in one Kafka record."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from pipeline.core.message import Message, encode_block

MESSAGES: Final = 8_000
"""Messages in a block at most: about 1 MB, far below the 65,536 that a position can count. Actors settle once per
block, so larger blocks are less work."""


class Producer(Protocol):
    """What sends a record to a partition."""

    async def send(self, topic: str, partition: int, value: bytes) -> int:
        """Send one record; give the broker's append time in ms once it is acknowledged by all replicas."""


async def send_blocks(producer: Producer, topic: str, messages: Mapping[int, Sequence[Message]]) -> int:
    """Send messages, by partition, in order; give the newest append time in ms, 0 if there was nothing to send."""
    sends = [
        producer.send(topic, partition, encode_block(told[start : start + MESSAGES]))
        for partition, told in messages.items()
        for start in range(0, len(told), MESSAGES)
    ]
    return max(await asyncio.gather(*sends), default=0)
