"""watch: decides up to when numbers are final. It has one partition to read, so one worker of the group runs it.

What comes in: the progress of all stitch partitions, and the end offsets of their log; crossings of the friction
threshold. What goes out: rows of finality. What may be lost: the rounds that are under way, when another worker takes over.
Two that watch at once do no harm, nor does one that was left behind: whatever one of them decides is true, and the greatest counts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec
import structlog

from pipeline.agents.slices import Writer
from pipeline.core.finality import Look, Rounds
from pipeline.core.message import Crossed, decode_crossings
from pipeline.core.row import ProgressRow
from pipeline.kafka import Event, TransportError
from pipeline.telemetry import Telemetry

Ends = Callable[[], Awaitable[Sequence[int]]]
"""Asks the brokers for the end offset of each stitch partition; raises TransportError."""

log = structlog.get_logger(__name__)


class Loader(Protocol):
    """What reads the tables. Blocking; raises StoreError."""

    def progress(self, epoch: int) -> Mapping[int, ProgressRow]:
        """Give the newest progress row of each partition."""


class Work(NamedTuple):
    """What one flush leaves to be confirmed."""

    events: Sequence[Event]
    crossings: Sequence[Crossed]


class Watch:
    """An agent's two halves for crossings, and `look`, which is called again and again while this worker watches."""

    def __init__(
        self, *, loader: Loader, writer: Writer, ends: Ends, telemetry: Telemetry, epoch: int = 0
    ) -> None:
        self._loader = loader
        self._writer = writer
        self._ends = ends
        self._telemetry = telemetry
        self._epoch = epoch
        self._rounds: Rounds | None = None

    async def prepare(self, events: Sequence[Event]) -> Work:
        """Decode the crossings. A foreign record is passed over: no number depends on this topic."""
        crossings: list[Crossed] = []
        for record in (record for event in events for record in event.value.records):
            try:
                crossings += decode_crossings(record.value or b"")
            except msgspec.DecodeError as error:
                place = {"partition": record.partition, "offset": record.offset}
                log.warning("passed over a record that tells no crossings", error=str(error), **place)
        return Work(events, crossings)

    async def confirm(self, work: Work) -> None:
        """Count the crossings, and acknowledge them."""
        for event in work.events:
            event.ack()
        self._telemetry.crossed(crossed.present for crossed in work.crossings)

    async def look(self) -> None:
        """Look once, and write what became final. Raises StoreError."""
        if self._rounds is None:
            log.info("this worker decides what is final")
            self._rounds = Rounds(self._epoch)
        rounds = self._rounds
        progress = await asyncio.to_thread(self._loader.progress, self._epoch)
        try:
            ends = await self._ends()  # after progress was read: core/finality.py says why
        except TransportError as error:
            log.warning("the brokers do not tell where stitch ends; asked again soon", error=str(error))
            return
        passed = rounds.passed
        final = rounds.look(Look(progress, ends))
        if final is not None:
            await self._writer.write_all({"finality": [final]})
        self._telemetry.watched(rounds.final, rounds.passed - passed)

    def leave(self) -> None:
        """Another worker watches."""
        if self._rounds is not None:
            log.info("this worker decides no more what is final")
            self._rounds = None
            self._telemetry.watched(0, 0, watches=False)
