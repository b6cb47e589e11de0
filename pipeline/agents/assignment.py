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

    def progress(self, epoch: int, partition: int) -> ProgressRow | None:
        """Give the newest progress row of a partition."""

    def known_actors(self, partition: int, limit: int) -> set[str] | None:
        """Give all actors with a ledger in the partition, None if they are more than the limit."""

    def known_windows(self, epoch: int, partition: int, limit: int) -> set[Key] | None:
        """Give all windows that the partition has written, None if they are more than the limit."""


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
        self._known_actors: set[str] | None = None
        self._known_windows: set[Key] | None = None

    async def resume(self) -> None:
        """Read what the tables know of this partition."""
        limit = self._limits.known
        self.partition.resume(
            await asyncio.to_thread(self._loader.progress, self.partition.epoch, self.partition.number)
        )
        number, epoch = self.partition.number, self.partition.epoch
        self._known_actors = await asyncio.to_thread(self._loader.known_actors, number, limit)
        self._known_windows = await asyncio.to_thread(self._loader.known_windows, epoch, number, limit)

    async def fold(self, blocks: Sequence[Block]) -> Batch:
        """Load the cold actors as of the first block, and fold the blocks in."""
        self.partition.forget(self._limits.actors, self._limits.windows)
        cold = self.partition.cold(blocks)
        wanted = cold if self._known_actors is None else cold & self._known_actors
        before = position_of(self.partition.epoch, blocks[0].offset, 0)
        ledger = await asyncio.to_thread(self._loader.ledger, wanted, before) if wanted else {}
        self.partition.warm(cold, ledger)
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
