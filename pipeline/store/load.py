"""Loads what a worker's cold caches need: ledgers, windows, progress.

What comes in: the keys that are cold, and the position as of which they are wanted. What goes out: rows. A load sees
every confirmed row, since a worker reads from the replica that it writes to.
"""

from collections.abc import Collection, Iterator
from typing import Any, Final, TypeVar

from pipeline.core.row import ProgressRow, WindowRow
from pipeline.core.window import Key
from pipeline.store.connect import Server, connect
from pipeline.store.queries import query
from pipeline.store.session import DEADLINE, Session

Each = TypeVar("Each")

_AT_ONCE: Final = 10_000
"""Keys in one query; a parameter of more would only be slower to read."""


class Loader:
    """Reads from one thread at a time; others wait."""

    def __init__(self, server: Server, *, deadline: float = DEADLINE) -> None:
        self._session = Session(connect(server, as_bytes=True), deadline=deadline)

    def ledger(self, actors: Collection[str], before: int) -> dict[str, list[tuple[int, bytes]]]:
        """Give, for each actor that has any, its messages before a position, in order. Raises StoreError."""
        ledgers: dict[bytes, list[tuple[int, bytes]]] = {}
        for some in _parts(actors):
            for actor, position, message in self._ask("ledger", actors=some, before=before):
                ledgers.setdefault(actor, []).append((position, message))
        return {actor.decode(): messages for actor, messages in ledgers.items()}

    def windows(self, keys: Collection[Key], epoch: int, partition: int) -> dict[Key, WindowRow]:
        """Give the newest row of each of these windows that has one. Raises StoreError."""
        found: dict[Key, WindowRow] = {}
        for some in _parts(keys):
            rows = self._ask(
                "windows",
                epoch=epoch,
                partition=partition,
                metrics=sorted({key[0] for key in some}),
                minutes=sorted({key[1] for key in some}),
                keys=[(*key[:-1], *key[-1]) for key in some],
            )
            for *name, _, _, numerator, denominator, n, buckets, counts, version in rows:
                key = _key(*name)
                counted = (
                    epoch,
                    partition,
                    numerator,
                    denominator,
                    n,
                    tuple(buckets),
                    tuple(counts),
                    version,
                )
                found[key] = WindowRow._make((*key[:-1], *key[-1], *counted))
        return found

    def known_actors(self, partition: int, before: int, *, limit: int = 1_000_000) -> set[str] | None:
        """Give the actors with messages before a position, or None if there are more than the limit.

        An actor that is not among them is new, and needs no load. Raises StoreError.
        """
        rows = self._ask("known_actors", partition=partition, before=before, limit=limit + 1)
        actors = {actor.decode() for (actor,) in rows}
        return None if len(actors) > limit else actors

    def known_windows(self, epoch: int, partition: int, *, limit: int = 1_000_000) -> set[Key] | None:
        """Give the windows that have a row, or None if there are more than the limit. Raises StoreError."""
        rows = self._ask("known_windows", epoch=epoch, partition=partition, limit=limit + 1)
        keys = {_key(*row) for row in rows}
        return None if len(keys) > limit else keys

    def progress(self, epoch: int) -> dict[int, ProgressRow]:
        """Give how far each stitch partition has come. Raises StoreError."""
        rows = self._ask("progress", epoch=epoch)
        return {
            partition: ProgressRow(epoch, partition, watermark, position, floor, heard.decode(), appended_at)
            for _, partition, watermark, position, floor, heard, appended_at in rows
        }

    def stop(self, within: float) -> None:
        """Give up what keeps failing after so many seconds from now."""
        self._session.stop(within)

    def close(self) -> None:
        """Leave the server."""
        self._session.close()

    def _ask(self, name: str, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        columns = self._session.query(query(name), parameters, doing=f"loading {name.replace('_', ' ')}")
        return zip(*columns, strict=True)


def _parts(keys: Collection[Each]) -> Iterator[list[Each]]:
    everything = list(keys)
    for start in range(0, len(everything), _AT_ONCE):
        yield everything[start : start + _AT_ONCE]


def _key(metric: bytes, minute: int, *texts: bytes) -> Key:
    channel, source, currency, declared, *around = [text.decode() for text in texts]
    return (metric.decode(), minute, channel, source, currency, declared, (*around,))  # type: ignore[return-value]
