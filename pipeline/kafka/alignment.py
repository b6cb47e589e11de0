"""Alignment: a backlog is handed over in the order in which the broker took it, over all partitions.

What comes in: fetched records of several partitions, some of them far ahead. What goes out: of each partition what is not
later than the end of the one that is furthest behind. What may be lost: nothing; what is held is fetched again after
a seek. Numbers do not depend on order, but what arrives in order is folded, and what arrives late recomputes its
customer (docs/decisions/0006).
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from operator import attrgetter
from typing import Final, Generic, TypeVar

from pipeline.kafka.batch import Record

Partition = TypeVar("Partition")

PATIENCE_SECONDS: Final = 1.0
"""How long a partition that is behind, and of which nothing comes, holds back the others."""

_timestamp = attrgetter("timestamp")


class Alignment(Generic[Partition]):
    """Holds back what is ahead. At most one fetch per partition is held."""

    def __init__(self) -> None:
        self._held: dict[Partition, list[Record]] = {}
        self._waiting_since: float | None = None

    def __bool__(self) -> bool:
        return bool(self._held)

    def first(self, partition: Partition) -> int | None:
        """Give the offset of the first record that is held, None if none is."""
        held = self._held.get(partition)
        return held[0].offset if held else None

    def wanted(self, partitions: Collection[Partition]) -> set[Partition]:
        """Give the partitions that may be fetched: those of which nothing is held."""
        return {partition for partition in partitions if partition not in self._held}

    def hold(self, fetched: Mapping[Partition, list[Record]]) -> None:
        """Take what was fetched."""
        for partition, records in fetched.items():
            self._held.setdefault(partition, []).extend(records)

    def forget(self) -> None:
        """Drop everything: positions are sought again."""
        self._held.clear()
        self._waiting_since = None

    def take(
        self, partitions: Collection[Partition], is_behind: Callable[[Partition], bool], now: float
    ) -> Iterator[tuple[Partition, list[Record]]]:
        """Give what may go on; `now` is monotonic. All of it once a partition has kept the others waiting too long."""
        missing = any(p not in self._held and is_behind(p) for p in partitions)
        if not self._held or not missing:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        if missing and self._held and now - (self._waiting_since or now) < PATIENCE_SECONDS:
            return
        behind = [records[-1].timestamp for p, records in self._held.items() if is_behind(p)]
        until = min(behind, default=None)
        for partition, records in list(self._held.items()):
            cut = len(records) if until is None else bisect_right(records, until, key=_timestamp)
            if cut == len(records):
                del self._held[partition]
            else:
                self._held[partition] = records[cut:]
            if cut:
                yield partition, records[:cut]
