"""stitch: tells actors their messages, and writes what that touched (the ledger protocol's shell).

What comes in: slices of the `stitch` topic. What goes out: rows of the ledger and of derived tables, words to
other actors, and crossings of the friction threshold to watch. What may be lost: only caches; a slice is acknowledged after all that follows from it was confirmed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pipeline.agents.assignment import Assignment, Limits, Loader
from pipeline.agents.blocks import Place, Producer, block_at, send_blocks
from pipeline.agents.slices import Writer, by_partition
from pipeline.core.admission import partition_of
from pipeline.core.batch import Batch
from pipeline.core.meaning import Meaning
from pipeline.core.message import Crossed, Message
from pipeline.core.partition import Partition
from pipeline.core.row import ProgressRow, Row
from pipeline.kafka import Event, RecordBatch
from pipeline.telemetry import Telemetry


class Work(NamedTuple):
    """What one flush leaves to be confirmed."""

    events: Sequence[Event]
    tables: Mapping[str, Sequence[Row]]
    words: Mapping[int, Sequence[Message]]
    crossings: Sequence[Crossed]
    progress: Sequence[ProgressRow]
    told: int
    """Messages that were told."""


class Stitch:
    """The agent's two halves: `prepare` computes, `confirm` writes, sends and acknowledges."""

    def __init__(  # noqa: PLR0913 - what it is wired to
        self,
        *,
        loader: Loader,
        writer: Writer,
        producer: Producer,
        topic: str,
        watch_topic: str,
        partitions: int,
        sources: Collection[str],
        meaning: Meaning,
        telemetry: Telemetry,
        limits: Limits,
        passed_over: Collection[Place] = (),
        epoch: int = 0,
    ) -> None:
        self._loader = loader
        self._writer = writer
        self._producer = producer
        self._topic = topic
        self._watch_topic = watch_topic
        self._partitions = partitions
        self._sources = sources
        self._meaning = meaning
        self._telemetry = telemetry
        self._limits = limits
        self._passed_over = passed_over
        self._epoch = epoch
        self._assigned: dict[int, Assignment] = {}

    def keep(self, partitions: Collection[int]) -> None:
        """Forget the caches of partitions that this worker no longer reads."""
        for number in self._assigned.keys() - set(partitions):
            del self._assigned[number]

    def sizes(self) -> dict[str, int]:
        """Give how many entries the caches hold."""
        partitions = [assignment.partition for assignment in self._assigned.values()]
        return {
            "actors": sum(len(partition.actors) for partition in partitions),
            "windows": sum(len(partition.windows) for partition in partitions),
        }

    async def prepare(self, events: Sequence[Event]) -> Work:
        """Fold the slices, partition by partition, and gather rows and words."""
        tables: defaultdict[str, list[Row]] = defaultdict(list)
        words: defaultdict[int, list[Message]] = defaultdict(list)
        crossings: list[Crossed] = []
        progress, told = [], 0
        with self._telemetry.batch("stitch"):
            for number, run in by_partition(events).items():
                assignment, batch = await self._fold(number, run)
                for table, rows in assignment.partition.rows(batch).items():
                    tables[table] += rows
                for word in batch.words.values():
                    words[partition_of(word.actor, self._partitions)].append(word)
                crossings += assignment.partition.crossings(batch)
                progress.append(assignment.partition.progress(batch, run[-1].value.records[-1].timestamp))
                told += batch.told
        return Work(events, tables, words, crossings, progress, told)

    async def _fold(self, number: int, run: Sequence[Event]) -> tuple[Assignment, Batch]:
        assignment = await self._assignment(number, run[0].value)
        blocks = [
            block_at(self._topic, (number, r.offset), r.value, r.timestamp, self._passed_over)
            for event in run
            for r in event.value.records
        ]
        batch = await assignment.fold(blocks)
        await assignment.load_windows(batch)
        return assignment, batch

    async def _assignment(self, number: int, first: RecordBatch) -> Assignment:
        assignment = self._assigned.get(number)
        if assignment is None or assignment.token != first.token:
            partition = Partition(self._epoch, number, self._meaning, sources=self._sources)
            assignment = Assignment(first.token, partition, self._loader, self._limits)
            await assignment.resume(first.first, first.end)
            self._assigned[number] = assignment
        return assignment

    async def confirm(self, work: Work) -> None:
        """Write and send everything, then progress, then acknowledge."""
        seconds, _, _ = await asyncio.gather(
            self._writer.write_all(work.tables),
            send_blocks(self._producer, self._topic, work.words),
            send_blocks(self._producer, self._watch_topic, {0: work.crossings}),
        )
        self._telemetry.wrote(seconds)
        await self._writer.write_all({"progress": work.progress})
        for event in work.events:
            event.ack()
        self._telemetry.stitched(work.tables, work.progress, work.told, sum(map(len, work.words.values())))
