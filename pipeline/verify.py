"""Compares the tables with the oracle: what is written against the batch answer over the archive.

What comes in: where ClickHouse is, and what numbers mean. What goes out: by table, how many rows there should be, and
those that differ. Meant for a quiet moment: what is under way counts as a difference.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pipeline.core.meaning import Meaning
from pipeline.core.oracle import Answer, answer
from pipeline.core.row import Row, WindowRow
from pipeline.core.window import Key
from pipeline.store.archive import interactions, rows
from pipeline.store.connect import Server


class Difference(NamedTuple):
    """A table against the oracle."""

    table: str
    expected: int
    missing: tuple[Any, ...]
    """Rows that the oracle has and the table has not."""
    wrong: tuple[Any, ...]
    """Rows that the table has and the oracle has not."""

    @property
    def rows(self) -> int:
        """How many rows differ."""
        return len(self.missing) + len(self.wrong)


def verify(
    server: Server, meaning: Meaning, progress: Callable[[str], None] = lambda _: None
) -> list[Difference]:
    """Recompute everything from the archive and compare. Raises StoreError."""
    progress("reading the archive")
    archive = list(interactions(server))
    progress(f"deriving the batch answer of {len(archive)} interactions")
    expected = answer(archive, meaning)
    differences = []
    for table, wanted in _tables(expected).items():
        progress(f"comparing {table}")
        differences.append(_compare(table, wanted, _written(rows(server, table))))
    progress("comparing metric_windows")
    windows = sums(row for row in rows(server, "metric_windows") if isinstance(row, WindowRow))
    differences.append(_compare("metric_windows", set(expected.windows.items()), set(windows.items())))
    return differences


def _tables(expected: Answer) -> dict[str, set[Any]]:
    return {
        "touchpoints": set(expected.touchpoints),
        "sessions": set(expected.sessions),
        "journeys": set(expected.journeys),
        "frictions": set(expected.frictions),
        "identity": set(expected.identity),
    }


def _written(found: Iterable[Row]) -> set[Any]:
    """Give rows without what tells only when they were written."""
    return {row._replace(version=0) for row in found}  # type: ignore[call-arg]


def _compare(table: str, wanted: set[Any], found: set[Any]) -> Difference:
    return Difference(table, len(wanted), tuple(wanted - found), tuple(found - wanted))


def sums(shares: Iterable[WindowRow]) -> dict[Key, tuple[int, int, int, tuple[tuple[int, int], ...]]]:
    """Add up the partitions' shares of each window; without those that come to nothing."""
    totals: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    histograms: defaultdict[Key, Counter[int]] = defaultdict(Counter)
    for row in shares:
        key = row.key
        total = totals[key]
        total[0] += row.numerator
        total[1] += row.denominator
        total[2] += row.n
        for bucket, count in zip(row.buckets, row.counts, strict=True):
            histograms[key][bucket] += count
    found = {}
    for key, (numerator, denominator, n) in totals.items():
        histogram = tuple(sorted((bucket, count) for bucket, count in histograms[key].items() if count))
        if numerator or denominator or n or histogram:
            found[key] = (numerator, denominator, n, histogram)
    return found
