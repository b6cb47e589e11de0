"""Watermarks: up to when each raw partition is known to be complete, told to every stitch partition.

What comes in: the greatest event time of each flush, after its data were confirmed; and which partitions are idle,
proven by a fetch answer. What goes out: watermark messages. Only the broker's clock is ever believed.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline.agents.blocks import Producer, send_blocks
from pipeline.core.message import Watermark

Source = tuple[str, int]
"""Topic and partition of raw records."""


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

    async def rise(self, newest: Mapping[Source, int]) -> None:
        """Tell the stitch partitions how far raw partitions have come, where they have come further."""
        risen = {}
        for source, time in newest.items():
            watermark = time - self._pace.skew
            if time and watermark > self._told.get(source, 0):
                risen[source] = self._told[source] = watermark
        if not risen:
            return
        told = [Watermark(topic, partition, time) for (topic, partition), time in risen.items()]
        appended = await send_blocks(
            self._producer, self._topic, dict.fromkeys(range(self._partitions), told)
        )
        self._broker_time = max(self._broker_time, appended)

    async def idle(self, sources: Mapping[Source, Callable[[], bool]]) -> None:
        """Let idle partitions move on with the broker's time."""
        resting = [source for source, is_idle in sources.items() if is_idle()]
        if resting and not self._broker_time:  # a word that says nothing is answered with the time
            told = {0: [Watermark(*resting[0], 0)]}
            self._broker_time = await send_blocks(self._producer, self._topic, told)
        await self.rise(dict.fromkeys(resting, self._broker_time))
