"""Compares every metric's windows with plain SQL over the archive.

What comes in: a shop's weeks, through the real Kafka, a worker and the real engine, with resends, late records, late
identifies and, once all is in, unlinks and a tenth of the records again. What goes out: by metric, how many windows
there are and how many differ. The queries are written from the domain's definitions, not from the code; they read
whose an interaction is, and which frictions there are, and nothing else that was derived.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from rich.console import Console

from pipeline.cli.demonstration import Demonstration
from pipeline.local.demo.record import record_of
from pipeline.local.demo.shop import Shop
from pipeline.local.stack import LocalStack
from pipeline.store.read import Reader

HERE: Final = Path(__file__).parent
COUNTED: Final = """
SELECT window, channel, source, currency, numerator, denominator, n
FROM cx.metrics(seconds = 60, by = ['channel', 'source'])
WHERE metric = {metric:String}
"""

Windows = Mapping[tuple[Any, ...], tuple[float, int, int]]


class Compared(NamedTuple):
    """One metric, counted twice."""

    metric: str
    windows: int
    numerator: float
    differing: tuple[Any, ...]
    """(window, as the pipeline has it, as SQL has it) of those that differ."""


def in_sql(metric: str) -> str:
    """Give the query that counts a metric from the archive."""
    common = (HERE / "common.sql").read_text(encoding="utf-8").strip()
    return f"WITH {common}\n{(HERE / f'{metric}.sql').read_text(encoding='utf-8')}"


def compare(reader: Reader, metric: str) -> Compared:
    """Count one metric from the archive and compare. Raises StoreError."""
    counted, expected = (
        _windows(reader.query(sql, {"metric": metric}).rows) for sql in (COUNTED, in_sql(metric))
    )
    differing = [
        (key, counted.get(key), expected.get(key))
        for key in sorted(counted.keys() | expected.keys())
        if counted.get(key) != expected.get(key)
    ]
    return Compared(metric, len(expected), sum(value[0] for value in expected.values()), tuple(differing))


def _windows(rows: list[tuple[Any, ...]]) -> Windows:
    found = {
        tuple(key): (round(float(numerator), 3), int(denominator or 0), int(n))
        for *key, numerator, denominator, n in rows
    }
    return {key: value for key, value in found.items() if any(value)}


def tell(stack: LocalStack, interactions: int, *, seed: int = 7) -> Demonstration:
    """Publish a shop's weeks, then take some links back and send some records again; wait until all is in."""
    demonstration = Demonstration(stack, Console(stderr=True, quiet=not sys.stderr.isatty()))
    records = list(Shop(seed, int(time.time() * 1000) - 60_000, interactions).records())
    asyncio.run(demonstration.run(records, title="a shop"))
    links = demonstration.reader.query(
        "SELECT from_identifier, to_identifier FROM cx.identity WHERE state = 'live' "
        "AND startsWith(from_identifier, 'anonymous:') AND startsWith(to_identifier, 'customer:') "
        "ORDER BY cityHash64(from_identifier) LIMIT 50"
    ).rows
    again = Random(seed).sample(records, len(records) // 10)
    unlinks = [record_of(_unlink(number, *link), "flat") for number, link in enumerate(links)]
    asyncio.run(demonstration.run([*unlinks, *again], title="unlinks and resends"))
    demonstration.wait_for_final()
    return demonstration


def _unlink(number: int, weaker: str, stronger: str) -> dict[str, Any]:
    return {
        "id": f"unlink-{number}",
        "source": "helpdesk",
        "type": "identity_unlinked",
        "time": int(time.time() * 1000) - 30_000,
        "channel": "system",
        "data": {"from": weaker, "to": stronger, "reason": "wrong person", "actor": "agent-7"},
    }
