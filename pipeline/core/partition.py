"""One stitch partition: the ledger protocol's pure part (architecture.md, section 4).

What comes in: blocks of messages at positions, and what the tables hold of the actors and windows that are cold.
What goes out: rows and words, to be confirmed before the blocks are acknowledged. Nothing here may be lost but time:
all of it is a cache over the ledger.

A Kafka record is one block, so no batch ever ends inside one: actors hear a whole block before they settle.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import msgspec

from pipeline.core.actor import Actor
from pipeline.core.batch import Batch, Block
from pipeline.core.derived import add_rows, crossings_of
from pipeline.core.links import identity_row
from pipeline.core.meaning import Meaning
from pipeline.core.message import (
    Crossed,
    Watermark,
    decode,
)
from pipeline.core.position import Position, position_of
from pipeline.core.revision import Heading
from pipeline.core.row import LedgerRow, ProgressRow, Row, WindowRow
from pipeline.core.window import Key, Total

K = TypeVar("K")


class Partition:
    """Caches of one partition: actors and windows as of the last batch."""

    def __init__(self, epoch: int, number: int, meaning: Meaning, *, sources: Collection[str]) -> None:
        self.epoch = epoch
        self.number = number
        self._meaning = meaning
        self._sources = sources
        """All declared raw partitions, over which the watermark is the minimum."""
        self.actors: dict[str, Actor] = {}
        self.windows: dict[Key, tuple[Position, Total]] = {}
        self._used_actors: set[str] = set()
        self._used_windows: set[Key] = set()
        self.watermarks: dict[str, int] = {}
        """ "topic/partition" of each raw partition → the watermark heard from it."""
        self._resumed_at = Position(-1)
        """Up to here all revisions are in the table, and the watermark may be from further ahead."""

    def cold(self, blocks: Sequence[Block]) -> set[str]:
        """Give the actors that must be loaded as of the first block."""
        keys = {m.actor for block in blocks for m in block.messages if not isinstance(m, Watermark)}
        self._used_actors = keys
        actors = self.actors
        cold = {key for key in keys if key not in actors}
        for key in keys - cold:
            actors[key] = actors.pop(key)  # what was used last is forgotten last
        return cold

    def warm(self, cold: Collection[str], ledger: Mapping[str, Sequence[tuple[int, bytes]]]) -> None:
        """Fold the cold actors' ledgers; silently, for all that follows from them was said before."""
        silence = Batch(Position(0))
        for key in cold:
            actor = self.actors[key] = Actor(key, self._meaning)
            for _, raw in ledger.get(key, ()):
                message = decode(raw)
                if not isinstance(message, Watermark):
                    actor.apply(message)
            actor.settle(0, silence)

    def resume(self, progress: ProgressRow | None) -> None:
        """Take over the watermarks of the newest progress row; they only ever rise."""
        if progress is not None:
            self._resumed_at = Position(progress.position)
            for source, time in msgspec.json.decode(progress.heard, type=dict[str, int]).items():
                self._hear(source, time)

    def _hear(self, source: str, time: int) -> None:
        self.watermarks[source] = max(time, self.watermarks.get(source, time))

    @property
    def watermark(self) -> int:
        """Give the minimum over all declared raw partitions; 0 until each was heard of."""
        return min([self.watermarks.get(source, 0) for source in self._sources], default=0)

    def fold(self, blocks: Sequence[Block]) -> Batch:
        """Tell the actors all messages, block by block, and gather what that touches."""
        final = blocks[-1]
        batch = Batch(position_of(self.epoch, final.offset, max(len(final.messages) - 1, 0)))
        for block in blocks:
            self._fold_block(block, batch)
            batch.told += len(block.messages)
        return batch

    def _fold_block(self, block: Block, batch: Batch) -> None:
        heard: dict[Actor, int] = {}
        actors, first = self.actors, position_of(self.epoch, block.offset, 0)
        heading = Heading(first, block.time, self.watermark)
        batch.begin(heading, told_before=first <= self._resumed_at)
        for index, message in enumerate(block.messages):
            if isinstance(message, Watermark):
                self._hear(f"{message.topic}/{message.partition}", message.time)
                continue
            actor = actors[message.actor]
            if actor.apply(message):
                heard[actor] = first + index
                row = (actor.key, first + index, self.number, block.raw[index])
                batch.ledger.append(tuple.__new__(LedgerRow, row))  # half the price of the named one
        for actor, last in heard.items():
            actor.settle(last, batch)

    def cold_windows(self, batch: Batch) -> set[Key]:
        """Give the windows that must be loaded before `rows`."""
        self._used_windows = {c.key for _, c in batch.contributions}
        return self._used_windows - self.windows.keys()

    def warm_windows(self, cold: Collection[Key], rows: Mapping[Key, WindowRow]) -> None:
        """Take over the newest rows of the cold windows; one from further ahead waits until we get there."""
        for key in cold:
            row = rows.get(key)
            if row is None:
                self.windows[key] = (Position(-1), Total())
                continue
            total = Total(row.numerator, row.denominator, row.n)
            total.buckets = dict(zip(row.buckets, row.counts, strict=True)) or None
            self.windows[key] = (Position(row.version), total)

    def rows(self, batch: Batch) -> dict[str, list[Row]]:
        """Give the final row of everything touched, as of the batch's last position, by table."""
        tables: defaultdict[str, list[Row]] = defaultdict(list, ledger=batch.ledger)
        for customer, touched in batch.customers.items():
            whole = self.actors[customer].customer
            if whole is not None:
                add_rows(whole, touched, batch.last, self._meaning, tables)
        links = tables["identity"]
        for key, stronger in batch.links.items():
            actor = self.actors[key]
            told = actor.verdicts()
            links += [identity_row(key, to, actor.evidence, told.get(to), batch.last) for to in stronger]
        tables["metric_windows"] += self._window_rows(batch)
        if batch.revisions:
            tables["metric_revisions"] += batch.revisions.rows(self.number)
        return tables

    def crossings(self, batch: Batch) -> Iterator[Crossed]:
        """Give the final word on each crossing of the threshold that the batch touched."""
        for customer, touched in batch.customers.items():
            whole = self.actors[customer].customer
            if touched.crossings and whole is not None:
                yield from crossings_of(whole, touched, batch.last)

    def _window_rows(self, batch: Batch) -> Iterator[WindowRow]:
        dirty: set[Key] = set()
        for position, contribution in batch.contributions:
            version, total = self.windows[contribution.key]
            if position > version:
                total.add(contribution)
                dirty.add(contribution.key)
        for key in dirty:
            version, total = self.windows[key]
            version = max(version, batch.last)
            self.windows[key] = (version, total)
            numerator, denominator, n, histogram = total.values()
            buckets = tuple(bucket for bucket, _ in histogram)
            counts = tuple(count for _, count in histogram)
            counted = (self.epoch, self.number, numerator, denominator, n, buckets, counts, version)
            yield WindowRow._make((*key[:-1], *key[-1], *counted))

    def progress(self, batch: Batch, appended_at: int) -> ProgressRow:
        """Give the row that is written after everything else of its batch, whose last block the broker took then."""
        heard = msgspec.json.encode(self.watermarks, order="sorted").decode()
        return ProgressRow(self.epoch, self.number, self.watermark, batch.last, 0, heard, appended_at)

    def forget(self, keep_actors: int, keep_windows: int) -> None:
        """Evict what was not used for longest; never what the last batch used, for it may be unconfirmed."""
        for key in _surplus(self.actors, keep_actors, self._used_actors):
            customer = self.actors.pop(key).customer
            if customer is not None:
                customer.release()
        for window in _surplus(self.windows, keep_windows, self._used_windows):
            del self.windows[window]


def _surplus(cache: Mapping[K, object], keep: int, used: Collection[K]) -> list[K]:
    return [key for key in islice(cache, max(len(cache) - keep, 0)) if key not in used]
