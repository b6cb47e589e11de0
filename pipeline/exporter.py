"""Shows the newest values of some metrics to Prometheus: what `cxstream export` does, again and again.

What comes in: a reader of the views and the settings. What goes out: gauges, never more than `export_series` combinations of
labels. What may be lost: nothing is kept; when reads fail the last values stay for a minute or two reads, and then there are none.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from threading import Event
from typing import Any, Final, NamedTuple

import structlog

from pipeline import catalogue
from pipeline.settings import Settings, SettingsError
from pipeline.store.errors import StoreError
from pipeline.store.queries import query
from pipeline.store.read import Reader
from pipeline.telemetry import Counter, Gauge, Health, Telemetry, Verdict

LEAST_STALE_SECONDS: Final = 60.0
"""A value that was read longer ago, and two reads ago, is shown no more: a gap is honest, an old value looks like a new one."""
DAY: Final = 86_400
ALL: Final = "all"
"""The channel of a value over all channels."""

Labels = tuple[str, str, str, str]
"""Metric, channel, currency, final."""

log = structlog.get_logger(__name__)


class Shown(NamedTuple):
    """What is told of one combination of labels; the value is None where n is too small for one."""

    value: float | None
    n: int
    started: int


class ReadHealth(Health):
    """Alive while reads are tried, ready while they succeed."""

    def __init__(self, every_seconds: float, clock: Callable[[], float] = time.time) -> None:
        self.stale_seconds = max(LEAST_STALE_SECONDS, 2 * every_seconds)
        super().__init__(silent_after_seconds=2 * self.stale_seconds)
        self._now = clock
        self.read_at = 0.0

    @property
    def age(self) -> float:
        """Seconds since the last read that succeeded."""
        return self._now() - self.read_at

    def ready(self) -> Verdict:
        """Whether the values are fresh."""
        why = (
            f"the metrics were read {self.age:.0f} s ago" if self.read_at else "the metrics were not read yet"
        )
        return Verdict(good=self.age <= self.stale_seconds, why=why)


class Exporter:
    """Reads, and puts what it read into telemetry. Raises SettingsError for metrics that do not exist."""

    def __init__(
        self, settings: Settings, reader: Reader, telemetry: Telemetry, health: ReadHealth,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        known = {metric.name: metric for metric in catalogue.load().metrics}
        if faults := [_fault(name, known) for name in settings.export_metrics if name not in known]:
            raise SettingsError(faults)
        self._order = {name: place for place, name in enumerate(settings.export_metrics)}
        longest = max(known[name].final_after_seconds for name in settings.export_metrics)
        seconds = settings.export_window_minutes * 60
        self._asked = {
            "metrics": list(settings.export_metrics), "seconds": seconds, "back": longest + seconds + DAY,
        }  # fmt: skip
        self._most = settings.export_series
        self._reader, self._telemetry, self._health, self._clock = reader, telemetry, health, clock
        self._shown: dict[Labels, Shown] = {}

    def step(self) -> None:
        """Read once and show it. A failure is counted and told by the age of the last read."""
        self._health.beat()
        try:
            found = self._read([]) | self._read(["channel"])
        except StoreError as error:
            log.warning("the metrics could not be read", error=str(error))
            self._telemetry.count(Counter.METRIC_READS_FAILED)
            if self._health.age > self._health.stale_seconds:
                self._show({})
            return
        kept = dict(sorted(found.items(), key=self._rank)[: self._most])
        self._telemetry.put(Gauge.METRIC_DROPPED, len(found) - len(kept))
        self._show(kept)
        self._health.read_at = self._clock()
        self._telemetry.put(Gauge.METRIC_READ, self._health.read_at)

    def _read(self, by: Sequence[str]) -> dict[Labels, Shown]:
        answer = self._reader.query(query("exported"), {**self._asked, "by": list(by)})
        return {
            (metric, channel if by else ALL, currency, "true" if final else "false"): Shown(value, n, started)
            for metric, channel, currency, final, started, value, n in answer.rows
        }

    def _rank(self, item: tuple[Labels, Shown]) -> tuple[Any, ...]:
        """Order what is kept: values over all channels, then by the order of the setting, then those of most n."""
        (metric, channel, *rest), shown = item
        return channel != ALL, self._order[metric], -shown.n, channel, rest

    def _show(self, found: dict[Labels, Shown]) -> None:
        """Put what was found and forget what is gone, one by one: a scrape in between sees no empty set."""
        for labels, shown in found.items():
            if shown.value is not None:
                self._telemetry.put(Gauge.METRIC_VALUE, shown.value, *labels)
            self._telemetry.put(Gauge.METRIC_N, shown.n, *labels)
            self._telemetry.put(Gauge.METRIC_WINDOW, shown.started, *labels)
        for labels, before in self._shown.items():
            now = found.get(labels)
            if before.value is not None and (now is None or now.value is None):
                self._telemetry.forget(Gauge.METRIC_VALUE, *labels)
            if now is None:
                self._telemetry.forget(Gauge.METRIC_N, *labels)
                self._telemetry.forget(Gauge.METRIC_WINDOW, *labels)
        self._shown = found

    def run(self, stopping: Event, seconds: float) -> None:
        """Step, and wait so long, until told to stop."""
        self.step()
        while not stopping.wait(seconds):
            self.step()


def _fault(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"export_metrics: there is no metric {name}{f'; did you mean {close[0]}?' if close else ''}"
