"""Flushes: what an agent takes at once from its stream, slices of several partitions together."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from pipeline.kafka.batch import RecordBatch


class Runs:
    """Tells which slices follow on those before them.

    When positions are sought again, the queue between the transport and its agent is emptied, and a slice that was waiting for room in it
    can come into it just after: without those before it, which come again.
    """

    def __init__(self) -> None:
        self._next: dict[tuple[str, int], tuple[int, int]] = {}

    def goes_on(self, one: RecordBatch) -> bool:
        """Whether nothing is missing between this slice and the one before, or the position that was sought."""
        partition = (one.topic, one.partition)
        if one.number and self._next.get(partition) != (one.token, one.number):
            return False
        self._next[partition] = (one.token, one.number + 1)
        return True


class Event:
    """A slice on its way: acknowledged explicitly, by whom and when it pleases."""

    __slots__ = ("_event", "value")

    def __init__(self, event: Any) -> None:
        self._event = event
        self.value: RecordBatch = event.value

    def ack(self) -> None:
        """All that follows from the slice is confirmed."""
        self._event.ack()


async def flushes(stream: Any, *, records: int, linger: float) -> AsyncIterator[list[Event]]:
    """Give lists of slices, none acknowledged: as many as make `records`, or what came within `linger` seconds."""
    events = _unbroken(aiter(stream.noack().events()))
    coming = asyncio.ensure_future(anext(events, None))
    try:
        while (first := await coming) is not None:
            taken = [Event(first)]
            coming = asyncio.ensure_future(anext(events, None))
            count, deadline = len(taken[0].value), asyncio.get_running_loop().time() + linger
            while count < records:
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0 and not coming.done():
                    break
                done, _ = await asyncio.wait({coming}, timeout=max(left, 0))
                if not done or (event := coming.result()) is None:
                    break
                taken.append(Event(event))
                count += len(taken[-1].value)
                coming = asyncio.ensure_future(anext(events, None))
            yield taken
    finally:
        coming.cancel()


async def _unbroken(events: AsyncIterator[Any]) -> AsyncIterator[Any]:
    runs = Runs()
    async for event in events:
        if runs.goes_on(event.value):
            yield event
