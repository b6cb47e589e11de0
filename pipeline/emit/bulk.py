"""Bulk publishing: many records to Kafka as fast as one process can, whole batches at a time.

What comes in: records in order. What goes out: a count of what all in-sync replicas acknowledged; order is kept within a
partition. Nothing is lost silently: what is not acknowledged raises.
"""

import asyncio
from collections.abc import Callable, Iterable
from itertools import count
from types import TracebackType
from typing import Any, Final, Protocol, Self

from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from pipeline.emit.connection import EmitError, partitions_of, started

BATCH_BYTES: Final = 256 * 1024
"""Before compression; well below what a broker takes."""
QUEUED: Final = 3
"""Full batches of one partition that may wait."""
_POSITIVE: Final = 0x7FFFFFFF


class Sendable(Protocol):
    """What can be published."""

    @property
    def topic(self) -> str:
        """Where to."""

    @property
    def key(self) -> bytes | None:
        """What decides the partition, by Kafka's default hash; without it they take turns."""

    @property
    def value(self) -> bytes:
        """The record's bytes."""

    @property
    def headers(self) -> Iterable[tuple[str, bytes]]:
        """Its headers."""


async def publish(
    bootstrap: str,
    records: Iterable[Sendable],
    on_progress: Callable[[int], None] | None = None,
    **connection: Any,
) -> int:
    """Publish all records, and give how many were acknowledged: all of them.

    `on_progress` hears the number acknowledged so far. `connection` is for aiokafka, see `connection_of`.
    Raises EmitError.
    """
    async with BulkPublisher(bootstrap, on_progress, **connection) as bulk:
        for record in records:
            await bulk.add(record)
    return bulk.acknowledged


class BulkPublisher:
    """Gathers records into batches, a lane for each partition; leaving it waits for the last acknowledgement."""

    def __init__(
        self, bootstrap: str, on_progress: Callable[[int], None] | None = None, **connection: Any
    ) -> None:
        self._bootstrap = bootstrap
        self._connection = connection
        self._on_progress = on_progress
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._known: dict[tuple[str, bytes], _Lane] = {}
        self._partitions: dict[str, int] = {}
        self._turn = count()
        self._producer: Any = None
        self._added = 0
        self.acknowledged = 0
        """How many records all in-sync replicas have."""

    async def __aenter__(self) -> Self:
        self._producer = await started(self._bootstrap, max_batch_size=BATCH_BYTES, **self._connection)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                for lane in self._lanes.values():
                    await lane.finish()
                if self.acknowledged != self._added:
                    raise EmitError(f"{self._added} records were sent, {self.acknowledged} acknowledged")
        finally:
            for lane in self._lanes.values():
                lane.abandon()
            await self._producer.stop()

    async def add(self, record: Sendable) -> None:
        """Put a record into its partition's batch; waits while that partition is behind. Raises EmitError.

        Only one task may add; another may flush.
        """
        key = record.key
        lane = self._known.get((record.topic, key)) if key is not None else None
        if lane is None:
            lane = await self._lane_of(record.topic, key)
        await lane.add(key, record.value, [*record.headers])
        self._added += 1

    async def flush(self) -> None:
        """Send what was gathered, without waiting for more."""
        for lane in list(self._lanes.values()):
            await lane.push()

    async def _lane_of(self, topic: str, key: bytes | None) -> "_Lane":
        if topic not in self._partitions:
            self._partitions[topic] = await partitions_of(self._producer, topic)
        number = next(self._turn) if key is None else murmur2(key) & _POSITIVE
        place = (topic, number % self._partitions[topic])
        if place not in self._lanes:
            self._lanes[place] = _Lane(self._producer, *place, self._acknowledge)
        if key is not None:
            self._known[topic, key] = self._lanes[place]
        return self._lanes[place]

    def _acknowledge(self, records: int) -> None:
        self.acknowledged += records
        if self._on_progress:
            self._on_progress(self.acknowledged)


class _Lane:
    """The batches of one partition, one on its way at a time."""

    def __init__(self, producer: Any, topic: str, partition: int, acknowledge: Callable[[int], None]) -> None:
        self._producer = producer
        self._topic = topic
        self._partition = partition
        self._acknowledge = acknowledge
        self._batches: asyncio.Queue[Any] = asyncio.Queue(QUEUED)
        self._order = asyncio.Lock()  # a queue serves whoever comes when there is room, not who waits longest
        self._batch = producer.create_batch()
        self._failure: KafkaError | None = None
        self._task = asyncio.create_task(self._run())

    async def add(self, key: bytes | None, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Append to the batch under way; a full one goes first. A batch takes its first record, however large."""
        if self._batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            await self.push()
            self._batch.append(timestamp=None, key=key, value=value, headers=headers)

    async def push(self) -> None:
        """Queue the batch under way. Raises EmitError if an earlier one failed.

        It stays the batch under way until it is queued: whoever is cancelled while waiting loses nothing.
        """
        self._check()
        async with self._order:
            if self._batch.record_count():
                self._batch.close()
                await self._batches.put(self._batch)
                self._batch = self._producer.create_batch()

    async def finish(self) -> None:
        """Send the last batch and wait for all. Raises EmitError."""
        await self.push()
        await self._batches.put(None)
        await self._task
        self._check()

    def abandon(self) -> None:
        """Send no more."""
        self._task.cancel()

    def _check(self) -> None:
        if self._failure is not None:
            raise EmitError(f"Kafka refused a batch for {self._topic}: {self._failure!r}") from self._failure

    async def _run(self) -> None:
        """Send batch after batch; after a failure only make room, so that whoever adds comes to hear of it."""
        while (batch := await self._batches.get()) is not None:
            if self._failure is not None:
                continue
            try:
                await (await self._producer.send_batch(batch, self._topic, partition=self._partition))
            except KafkaError as error:
                self._failure = error
            else:
                self._acknowledge(batch.record_count())
