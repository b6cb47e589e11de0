"""admit: reads the source topics, stores every record as accepted or rejected, and tells the actors.

What comes in: slices of source topics. What goes out: rows of interactions, intake and rejections; messages to
the `stitch` topic; watermarks, after the data that they speak of. What may be lost: nothing; it has no state.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from pipeline.agents.blocks import Producer, send_blocks
from pipeline.agents.slices import Writer
from pipeline.agents.watermarks import Watermarks
from pipeline.core.admission import Admission
from pipeline.core.limit import RejectionLimit
from pipeline.core.row import Row
from pipeline.kafka import Event
from pipeline.telemetry import Telemetry

_timestamp: Final = attrgetter("timestamp")


class TooManyRejectionsError(Exception):
    """So much is refused that something else must be wrong."""


class Work(NamedTuple):
    """What one flush leaves to be confirmed."""

    events: Sequence[Event]
    admission: Admission


class Admit:
    """The agent's two halves: `prepare` runs the steps, `confirm` writes, sends and acknowledges."""

    def __init__(
        self,
        *,
        admission: Callable[[], Admission],
        writer: Writer,
        producer: Producer,
        watermarks: Watermarks,
        topic: str,
        limit: RejectionLimit,
        telemetry: Telemetry,
    ) -> None:
        self._admission = admission
        self._writer = writer
        self._producer = producer
        self._watermarks = watermarks
        self._topic = topic
        self._limit = limit
        self._telemetry = telemetry

    async def prepare(self, events: Sequence[Event]) -> Work:
        """Admit the records of the slices."""
        admission = self._admission()
        with self._telemetry.batch("admit"):
            records = (record for event in events for record in event.value.records)
            admission.add(sorted(records, key=_timestamp))
        return Work(events, admission)

    async def confirm(self, work: Work) -> None:
        """Store and tell everything, acknowledge, and let the watermarks follow."""
        admission = work.admission
        tables: Mapping[str, Sequence[Row]] = {
            "interactions": admission.interactions,
            "intake": admission.intake,
            "rejections": admission.rejections,
        }
        seconds, _ = await asyncio.gather(
            self._writer.write_all(tables), send_blocks(self._producer, self._topic, admission.messages)
        )
        for event in work.events:
            event.ack()
        self._telemetry.wrote(seconds)
        self._report(admission, tables)
        await self._watermarks.rise(admission.newest)
        if reason := self._limit.hear(admission.intake):
            raise TooManyRejectionsError(f"stopping: {reason}; cx.rejections says why they were refused")

    def _report(self, admission: Admission, tables: Mapping[str, Sequence[Row]]) -> None:
        outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in admission.intake:
            outcomes[row.topic][row.outcome] += 1
        for topic, counted in outcomes.items():
            self._telemetry.admitted(topic, counted.pop("accepted", 0), counted)
        self._telemetry.confirmed("admit", tables)
