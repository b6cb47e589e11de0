"""What a worker holds of one stitch partition while it is assigned: caches, and what it knows to exist.

What comes in: what the tables hold. What may be lost: all of it, at any time; `token` says when it must be.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from pipeline.core.partition import Batch, Block, Partition
from pipeline.core.position import position_of
from pipeline.core.row import ProgressRow, WindowRow
from pipeline.core.window import Key


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

    async def resume(self, first: int) -> None:
        """Read what the tables know of this partition before the first offset."""
        limit = self._limits.known
        number, epoch, load = self.partition.number, self.partition.epoch, asyncio.to_thread
        progress = await load(self._loader.progress, epoch)
        self.partition.resume(progress.get(number))
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
        if self._known_actors is not None:
            self._known_actors |= cold
        return self.partition.fold(blocks)

    async def load_windows(self, batch: Batch) -> None:
        """Load the cold windows that the batch contributes to."""
        cold = self.partition.cold_windows(batch)
        wanted = cold if self._known_windows is None else cold & self._known_windows
        epoch, number = self.partition.epoch, self.partition.number
        rows = await asyncio.to_thread(self._loader.windows, wanted, epoch, number) if wanted else {}
        self.partition.warm_windows(cold, rows)
        if self._known_windows is not None:
            self._known_windows |= cold
