"""What a worker holds of one stitch partition while it is assigned: caches, and what it knows to exist.

What comes in: what the tables hold. What may be lost: all of it, at any time; `token` says when it must be.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from pipeline.core.batch import Batch, Block
from pipeline.core.partition import Partition
from pipeline.core.position import offset_of, position_of
from pipeline.core.row import ProgressRow, WindowRow
from pipeline.core.window import Key

Each = TypeVar("Each")


class Loader(Protocol):
    """What reads the tables. Blocking; raises StoreError."""

    def ledger(self, actors: Collection[str], before: int) -> Mapping[str, Sequence[tuple[int, bytes]]]:
        """Give each actor's ledger before a position, in order."""

    def windows(self, keys: Collection[Key], epoch: int, partition: int) -> Mapping[Key, WindowRow]:
        """Give the newest row of each window that has one."""

    def progress(self, epoch: int) -> Mapping[int, ProgressRow]:
        """Give the newest progress row of each partition."""

    def known_actors(self, partition: int, before: int, *, limit: int) -> set[str] | None:
        """Give the actors with messages before a position, None if they are more than the limit."""

    def known_windows(self, epoch: int, partition: int, *, limit: int) -> set[Key] | None:
        """Give the windows that have a row, None if they are more than the limit."""


class LogError(Exception):
    """The stitch topic is not the one that the tables were written from."""


class Limits(NamedTuple):
    """How many keys of one partition are kept in memory."""

    actors: int = 50_000
    windows: int = 50_000
    known: int = 1_000_000
    """Keys in a filter of what exists; beyond it every cold key is asked for."""


class Assignment:
    """Caches of one assigned partition, and a filter of known keys, so that newcomers cost no query."""

    def __init__(self, token: object, partition: Partition, loader: Loader, limits: Limits) -> None:
        self.token = token
        self.partition = partition
        self._loader = loader
        self._limits = limits
        self.loaded = 0
        """Actors that were loaded from the ledger."""
        self._known_actors: set[str] | None = None
        self._known_windows: set[Key] | None = None

    async def resume(self, first: int, end: int) -> None:
        """Read what the tables know of this partition before the first offset.

        Raises:
            LogError: the log and the tables do not belong together. `end` is the offset after the log's last record.
        """
        limit = self._limits.known
        number, epoch, load = self.partition.number, self.partition.epoch, asyncio.to_thread
        progress = await load(self._loader.progress, epoch)
        self.partition.resume(progress.get(number))
        if number in progress:
            _refuse_other_log(number, offset_of(progress[number].position), first, end)
        before = position_of(epoch, first, 0)
        self._known_actors = await load(self._loader.known_actors, number, before, limit=limit)
        self._known_windows = await load(self._loader.known_windows, epoch, number, limit=limit)

    async def fold(self, blocks: Sequence[Block]) -> Batch:
        """Load the cold actors as of the first block, and fold the blocks in."""
        self.partition.forget(self._limits.actors, self._limits.windows)
        cold = self.partition.cold(blocks)
        wanted = cold if self._known_actors is None else cold & self._known_actors
        before = position_of(self.partition.epoch, blocks[0].offset, 0)
        ledger = await asyncio.to_thread(self._loader.ledger, wanted, before) if wanted else {}
        self.partition.warm(cold, ledger)
        self.loaded += len(ledger)
        self._known_actors = _more(self._known_actors, cold, self._limits.known)
        return self.partition.fold(blocks)

    async def load_windows(self, batch: Batch) -> None:
        """Load the cold windows that the batch contributes to."""
        cold = self.partition.cold_windows(batch)
        wanted = cold if self._known_windows is None else cold & self._known_windows
        epoch, number = self.partition.epoch, self.partition.number
        rows = await asyncio.to_thread(self._loader.windows, wanted, epoch, number) if wanted else {}
        self.partition.warm_windows(cold, rows)
        self._known_windows = _more(self._known_windows, cold, self._limits.known)


def _refuse_other_log(number: int, stored: int, first: int, end: int) -> None:
    """Refuse a log that was made anew, or whose offsets skip what is not in the tables."""
    if end <= stored:
        raise LogError(
            f"stitch partition {number} ends at offset {end}, and the tables have read to {stored}: the topic was made anew. "
            "Positions would repeat, so nothing is written; start with empty tables, or bring the topic back"
        )
    if first > stored + 1:
        raise LogError(
            f"stitch partition {number} starts at offset {first}, and the tables have read to {stored} only: "
            "what lies between was acknowledged or deleted without being written; set the group's offset back"
        )


def _more(known: set[Each] | None, keys: set[Each], limit: int) -> set[Each] | None:
    """Add to a filter; without one, or past the limit, there is none."""
    if known is None or len(known) > limit:
        return None
    known |= keys
    return known
