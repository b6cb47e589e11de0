"""The rhythm of an agent: prepare one flush while the one before is confirmed, and acknowledge in order.

What comes in: flushes, each some slices of partitions. What may be lost: nothing; a flush whose confirmation fails
is not acknowledged, the error ends the agent, and the next worker reads it again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Generic, Protocol, TypeVar

Event_contra = TypeVar("Event_contra", contravariant=True)
Work = TypeVar("Work")
Each = TypeVar("Each")


class Stage(Protocol, Generic[Event_contra, Work]):
    """An agent's two halves."""

    async def prepare(self, events: Sequence[Event_contra]) -> Work:
        """Compute what the flush writes and sends. Reads tables at most; may raise StoreError."""

    async def confirm(self, work: Work) -> None:
        """Write and send all of it, wait until it is confirmed, then acknowledge."""


async def run(flushes: AsyncIterator[Sequence[Each]], stage: Stage[Each, Work]) -> None:
    """Drive a stage until the flushes end. Raises what either half raises; nothing after it is acknowledged."""
    confirming: asyncio.Task[None] | None = None
    coming = asyncio.ensure_future(anext(flushes, None))
    try:
        while True:
            waiting = {coming} if confirming is None else {coming, confirming}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if confirming is not None and confirming.done():
                confirming.result()
                confirming = None
            if not coming.done():
                continue
            events = coming.result()
            if events is None:
                break
            coming = asyncio.ensure_future(anext(flushes, None))
            work = await stage.prepare(events)
            if confirming is not None:
                await confirming
            confirming = asyncio.create_task(stage.confirm(work))
        if confirming is not None:
            await confirming
    finally:
        coming.cancel()
        if confirming is not None:
            confirming.cancel()
