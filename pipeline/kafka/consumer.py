"""The batch consumer: one stream item per partition's slice of a fetch, safe under rebalances.

What comes in: fetches. What goes out: slices to the agents, and commits of what they acknowledged. What may be lost:
nothing; what was not acknowledged before a rebalance is fetched again.

It subclasses the consumer of Faust's aiokafka driver, whose per-message path costs about 100 µs, and relies on its
semi-private parts, so the version is pinned (transport.py). Four things go wrong in a rebalance, each with its cure
here (measured; docs/decisions/0030):

1. Slices from before a seek are never acknowledged, and commits stall: slices in flight are kept in order as message
   objects, forgotten at every seek; the committable offset is the end of the acknowledged run at the head.
2. A seek leaves a partition without a commit where it is: it is sought to its earliest offset.
3. A fetch under way during the seek hands over older records: records fetched in another era are refused.
4. A delivery blocks on a full queue while the flow stops: it waits for either, and the position is sought again.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, ClassVar, Final

from faust.transport.consumer import CONSUMER_FETCHING
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from pipeline.kafka.alignment import Alignment
from pipeline.kafka.batch import RecordBatch

_HELD_SECONDS: Final = 0.05
"""How long a fetch may take while something is held back."""


class BatchConsumer(driver.Consumer):
    """Delivers slices instead of messages."""

    max_batch: ClassVar[int] = 4096
    aligned: ClassVar[frozenset[str]] = frozenset()
    """Topics of which a backlog is delivered in the order in which the broker took it."""

    def on_init(self) -> None:
        """Start without any slice in flight."""
        super().on_init()
        self._era = 0
        """Counts up at every revoke and seek: what was fetched in another one is stale."""
        self._seeking = 0
        self._in_flight: defaultdict[TP, deque[ConsumerMessage]] = defaultdict(deque)
        self._expected: dict[TP, int] = {}
        """Next offset to fetch."""
        self._handed: dict[TP, int] = {}
        """Offset after the last record that was handed over."""
        self._slices: Counter[TP] = Counter()
        """How many slices were handed over since positions were sought."""
        self._alignment: Alignment[TP] = Alignment()

    async def perform_seek(self) -> None:
        """Seek every assigned partition to its commit, or to its start, and forget what was in flight."""
        self._era += 1
        self._seeking += 1
        try:
            committed = await self.seek_to_committed()
            known = {tp: committed.get(tp) for tp in self.assignment()}
            offsets = {tp: offset for tp, offset in known.items() if offset is not None and offset >= 0}
            missing = known.keys() - offsets.keys()
            if missing:
                for tp, offset in (await self.earliest_offsets(*missing)).items():
                    await self._seek(tp, offset)
                    offsets[TP(tp.topic, tp.partition)] = offset
            self._forget(offsets)
            self._committed_offset.update({tp: o for tp, o in offsets.items() if tp not in missing})
        finally:
            self._era += 1
            self._seeking -= 1

    def _forget(self, offsets: Mapping[TP, int]) -> None:
        self._alignment.forget()
        for tracked in (self._in_flight, self._acked, self._acked_index, self._gap, self._read_offset):
            tracked.clear()
        self._expected, self._handed = dict(offsets), dict(offsets)
        self._slices.clear()
        self._read_offset.update({tp: offset or None for tp, offset in offsets.items()})

    def _new_offset(self, tp: TP) -> int | None:
        """Give the end of the acknowledged run at the head, None if the head is not acknowledged."""
        in_flight = self._in_flight.get(tp)
        last = None
        while in_flight and in_flight[0].acked:
            last = in_flight.popleft().offset
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return None if last is None else last + 1

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget what was in flight of the revoked partitions."""
        self._era += 1
        self._alignment.forget()
        for tp in revoked:
            self._in_flight.pop(tp, None)
            self._expected.pop(tp, None)
            self._handed.pop(tp, None)
        await super().on_partitions_revoked(revoked)

    def acknowledged(self, tp: TP) -> int | None:
        """Give the offset up to which all is acknowledged, None where a slice is in flight or nothing is known."""
        in_flight = self._in_flight.get(tp)
        return None if in_flight and not in_flight[-1].acked else self._handed.get(tp)

    def lag(self) -> dict[TP, int]:
        """Give by partition how many records are not acknowledged, as far as the last fetch answers tell."""
        lags = {}
        for tp, expected in list(self._expected.items()):
            in_flight = self._in_flight.get(tp)
            head = next((m for m in in_flight or () if not m.acked), None)
            held = self._alignment.first(tp)
            done = _slice_of(head).first if head is not None else expected if held is None else held
            lags[tp] = max((self.highwater(tp) or done) - done, 0)
        return lags

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetch and deliver until stopped. Faust's fetcher service runs this."""
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                era, generation = self._era, self.app.consumer_generation_id
                records = await self._fetch()
                await asyncio.sleep(0)
                if self.should_stop or not (records or self._alignment):
                    continue
                if not await self._accept(records, era, generation):
                    await self.perform_seek()
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        finally:
            self.diag.unset_flag(CONSUMER_FETCHING)

    async def _fetch(self) -> Mapping[TP, list[Any]]:
        """Give what the partitions have of which nothing is held back."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]  # anything with wait() will do
        wanted = self._alignment.wanted(self._get_active_partitions())
        if not wanted:  # an empty set would mean all
            await asyncio.sleep(_HELD_SECONDS if self._alignment else 1.0)
            return {}
        timeout = _HELD_SECONDS if self._alignment else 1.0
        records: Mapping[TP, list[Any]] = await self._getmany(active_partitions=wanted, timeout=timeout)
        return records

    async def _accept(self, records: Mapping[TP, list[Any]], era: int, generation: int) -> bool:
        """Deliver a fetch; False if it is stale or the flow stopped, so that positions must be sought again."""
        if not self.flow_active:
            return False
        if era != self._era or self._seeking or generation != self.app.consumer_generation_id:
            while self._seeking:  # noqa: ASYNC110 - rare and short; an event would be one more state
                await asyncio.sleep(0.01)
            return False
        for fetched, fresh in records.items():
            tp = TP(fetched.topic, fetched.partition)
            expected = self._expected.get(tp)
            if expected is None:
                return False
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            wanted = fresh if fresh[0].offset >= expected else [r for r in fresh if r.offset >= expected]
            if not wanted:
                continue
            self._expected[tp] = wanted[-1].offset + 1
            if tp.topic in self.aligned:
                self._alignment.hold({tp: wanted})
            elif not await self._deliver_all(tp, wanted, era, generation):
                return self._era == era and self.flow_active
        return await self._deliver_aligned(era, generation)

    async def _deliver_aligned(self, era: int, generation: int) -> bool:
        aligned = [tp for tp in self._get_active_partitions() if tp.topic in self.aligned]
        for tp, part in self._alignment.take(aligned, self._is_behind, monotonic()):
            if not await self._deliver_all(tp, part, era, generation):
                return self._era == era and self.flow_active
        return True

    def _is_behind(self, tp: TP) -> bool:
        """Whether the broker has more than was fetched, as far as is known."""
        highwater = self.highwater(tp)
        return highwater is None or self._expected.get(tp, 0) < highwater

    async def _deliver_all(self, tp: TP, records: Sequence[Any], era: int, generation: int) -> bool:
        for start in range(0, len(records), self.max_batch):
            if not await self._deliver(tp, records[start : start + self.max_batch], era, generation):
                return False
        return True

    async def _deliver(self, tp: TP, part: Sequence[Any], era: int, generation: int) -> bool:
        if era != self._era or not self.flow_active:
            return False
        last, number = part[-1], self._slices[tp]
        end = max(self.highwater(tp) or 0, last.offset + 1)
        message = ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            [],
            None,
            RecordBatch(tp.topic, tp.partition, part, token=era, number=number, end=end),  # type: ignore[arg-type]
            None,
            0,
            0,
            tp,
            generation_id=generation,
        )
        self._in_flight[tp].append(message)
        self._handed[tp], self._slices[tp] = last.offset + 1, number + 1
        self._read_offset[tp] = last.offset
        await self.wait_first(self.callback(message), self.suspend_flow.wait())
        return era == self._era and self.flow_active


def _slice_of(message: ConsumerMessage) -> RecordBatch:
    """Give the slice that a message carries where Faust expects bytes."""
    value: Any = message.value
    assert isinstance(value, RecordBatch)  # noqa: S101 - _deliver put it there
    return value
