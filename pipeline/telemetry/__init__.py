"""Telemetry: measures about the pipeline itself, kept in memory and read by whoever asks over HTTP.

What comes in: counts and durations, once per flush, never per record. What goes out: Prometheus text and two
verdicts. What may be lost: all of it, when the process ends.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Protocol

import prometheus_client as prometheus
from prometheus_client.exposition import generate_latest

from pipeline.telemetry.catalogue import BUCKETS, Counter, Gauge, Histogram
from pipeline.telemetry.health import Health, Verdict

__all__ = ["Counter", "Gauge", "Health", "Histogram", "Telemetry", "Verdict"]

Agent = Literal["admit", "stitch", "watch"]


class Progress(Protocol):
    """How far a stitch partition has come."""

    @property
    def partition(self) -> int:
        """Its number."""

    @property
    def watermark(self) -> int:
        """Milliseconds since 1970-01-01 UTC; 0 or less while there is none."""


class Telemetry:
    """All measures of one process. Safe to call from several threads."""

    def __init__(self, health: Health | None = None) -> None:
        self.health = health or Health()
        self._registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self._registry)
        prometheus.GCCollector(registry=self._registry)
        self._counters = {
            one: prometheus.Counter(*one.value, registry=self._registry) for one in Counter
        }  # the client takes name, help and labels in the catalogue's order
        self._gauges = {one: prometheus.Gauge(*one.value, registry=self._registry) for one in Gauge}
        self._histograms = {
            one: prometheus.Histogram(*one.value, registry=self._registry, buckets=BUCKETS)
            for one in Histogram
        }

    def count(self, counter: Counter, by: float = 1, *labels: object) -> None:
        """Add to a counter; labels in the catalogue's order."""
        measure = self._counters[counter]
        (measure.labels(*labels) if labels else measure).inc(by)

    def put(self, gauge: Gauge, value: float, *labels: object) -> None:
        """Set a gauge; labels in the catalogue's order."""
        measure = self._gauges[gauge]
        (measure.labels(*labels) if labels else measure).set(value)

    def forget(self, gauge: Gauge, *labels: object) -> None:
        """Show a gauge no more for these labels, in the catalogue's order."""
        self._gauges[gauge].remove(*labels)

    @contextmanager
    def timed(self, histogram: Histogram, label: str) -> Iterator[None]:
        """Observe how long the block takes, also when it raises."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._histograms[histogram].labels(label).observe(time.perf_counter() - started)

    def batch(self, agent: Agent) -> AbstractContextManager[None]:
        """Time an agent's computing of one flush."""
        return self.timed(Histogram.BATCH, agent)

    def admitted(self, topic: str, accepted: int, rejected: Mapping[str, int]) -> None:
        """A flush of one source topic was confirmed: so many accepted, so many refused by reason."""
        self.count(Counter.RECEIVED, accepted + sum(rejected.values()), topic)
        self.count(Counter.ACCEPTED, accepted, topic)
        for reason, number in rejected.items():
            self.count(Counter.REJECTED, number, topic, reason)

    def stitched(
        self, tables: Mapping[str, Sized], progress: Sequence[Progress], told: int = 0, words: int = 0
    ) -> None:
        """A flush of the stitch topic was confirmed: these rows are written, so many messages were told and sent."""
        self.count(Counter.TOLD, told)
        self.count(Counter.NEW, len(tables.get("ledger", ())))
        self.count(Counter.WORDS, words)
        for row in progress:
            if row.watermark > 0:
                self.put(Gauge.WATERMARK, row.watermark / 1000, row.partition)
        self.confirmed("stitch", tables)

    def crossed(self, holds: Iterable[bool]) -> None:
        """Watch heard of crossings: whether each holds."""
        for each in holds:
            self.count(Counter.CROSSINGS, 1, str(each).lower())
        self.count(Counter.FLUSHES, 1, "watch")

    def watched(self, final: int, hops: int, *, watches: bool = True) -> None:
        """Watch looked: up to when numbers are final in ms, and how many hops were passed since the last look."""
        self.put(Gauge.WATCHES, int(watches))
        self.put(Gauge.FINAL, final / 1000)
        self.count(Counter.HOPS, hops)

    def confirmed(self, agent: Agent, tables: Mapping[str, Sized]) -> None:
        """A flush of an agent was confirmed and acknowledged; these rows are written."""
        for table, rows in tables.items():
            self.count(Counter.ROWS, len(rows), table)
        self.count(Counter.FLUSHES, 1, agent)
        self.put(Gauge.LAST_WRITE, time.time())
        self.health.wrote()

    def wrote(self, seconds: Mapping[str, float]) -> None:
        """How long writing each table of a flush took."""
        for table, spent in seconds.items():
            self._histograms[Histogram.WRITE].labels(table).observe(spent)

    def assigned(self, partitions: Mapping[str, int]) -> None:
        """This worker now reads so many partitions of each topic."""
        for topic, number in partitions.items():
            self.put(Gauge.ASSIGNED, number, topic)
        self.health.assigned(sum(partitions.values()))

    def lags(self, records: Mapping[tuple[str, int], int]) -> None:
        """Records that wait, by topic and partition: all partitions of this worker and no others.

        Called by the event loop every second or so, which also tells that it turns.
        """
        self.health.beat()
        self._gauges[Gauge.LAG].clear()
        for (topic, partition), number in records.items():
            self.put(Gauge.LAG, number, topic, partition)
        self.health.behind(sum(records.values()))

    def caches(self, entries: Mapping[str, int]) -> None:
        """Entries by cache."""
        for cache, number in entries.items():
            self.put(Gauge.CACHE, number, cache)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
