"""Watermarks: up to when each raw partition is known to be complete, told to every stitch partition.

What comes in: the greatest event time of each flush, after its data were confirmed; and which partitions are idle,
proven by what the brokers answer. What goes out: watermark messages. Only the broker's clock is ever believed.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NamedTuple

from pipeline.agents.blocks import Producer, send_blocks
from pipeline.core.message import Watermark

Source = tuple[str, int]
"""Topic and partition of raw records."""

Resting = Callable[[Collection[Source]], Awaitable[Collection[Source]]]
"""Asks the brokers which partitions have nothing that is not acknowledged; gives those."""


class Pace(NamedTuple):
    """How late an interaction is expected to be, in ms."""

    skew: int


class Watermarks:
    """The watermark of each raw partition that this worker reads; it only ever rises."""

    def __init__(self, producer: Producer, topic: str, partitions: int, pace: Pace) -> None:
        self._producer = producer
        self._topic = topic
        self._partitions = partitions
        self._pace = pace
        self._told: dict[Source, int] = {}
        self._broker_time = 0
        """Newest append time that the broker told."""

    async def rise(self, newest: Mapping[Source, int]) -> bool:
        """Tell the stitch partitions how far raw partitions have come; False where none has come further."""
        risen = {}
        for source, time in newest.items():
            watermark = time - self._pace.skew
            if time and watermark > self._told.get(source, 0):
                risen[source] = self._told[source] = watermark
        if risen:
            told = [Watermark(topic, partition, time) for (topic, partition), time in risen.items()]
            await self._send(dict.fromkeys(range(self._partitions), told))
        return bool(risen)

    async def idle(self, sources: Collection[Source], resting: Resting) -> None:
        """Let idle partitions move on with the broker's time.

        The time is learned before the brokers are asked: what they take after their answer is later than that time. The other way
        round, or with an answer of long ago, a record could come in between, and a partition that only stalls would seem complete.
        """
        time = self._broker_time
        idle = await resting(sources) if sources else ()
        if idle and not (time and await self.rise(dict.fromkeys(idle, time))):
            told = {
                0: [Watermark(*next(iter(idle)), 0)]
            }  # a word that says nothing is answered with the time
            await self._send(told)

    async def _send(self, told: Mapping[int, list[Watermark]]) -> None:
        appended = await send_blocks(self._producer, self._topic, told)
        self._broker_time = max(self._broker_time, appended)
