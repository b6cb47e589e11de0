"""Windows of metrics as lines: one for each combination of dimensions, with its steps in order and its gaps.

What comes in: rows of cx.metrics over two stretches of equal length. What goes out: lines that can be shown or drawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pipeline.catalogue import Metric


class Point(NamedTuple):
    """One window of one line. The value is None where n is too small."""

    window: int
    value: float | None
    low: float | None
    high: float | None
    n: int
    numerator: float
    denominator: int | None
    is_final: bool


class Stretch(NamedTuple):
    """Windows of `step` seconds from `first` to before `end`, both Unix times and multiples of the step."""

    first: int
    end: int
    step: int

    @property
    def windows(self) -> range:
        """The starts of its windows."""
        return range(self.first, self.end, self.step)

    @property
    def length(self) -> int:
        """Its seconds."""
        return self.end - self.first


class Line(NamedTuple):
    """A metric for one combination of dimensions: a point for each window of the stretch, None for a gap."""

    metric: Metric
    dimensions: tuple[str, ...]
    points: tuple[Point | None, ...]
    before: tuple[Point, ...]

    @property
    def seen(self) -> list[Point]:
        """The windows that exist."""
        return [point for point in self.points if point is not None]

    @property
    def latest(self) -> Point:
        """The newest window with a value; where none has one, the newest."""
        return next((point for point in reversed(self.seen) if point.value is not None), self.seen[-1])

    @property
    def n(self) -> int:
        """Contributions in the stretch."""
        return sum(point.n for point in self.seen)

    @property
    def whole(self) -> float | None:
        """The value of the whole stretch; None for a quantile, which cannot be added up, and for too small an n."""
        return _added(self.metric, self.seen)

    @property
    def change(self) -> float | None:
        """How far the whole stretch is from the one before: a difference of shares and points, else relative."""
        now, then = self.whole, _added(self.metric, self.before)
        if now is None or then is None:
            return None
        if self.metric.unit in {"share", "points"}:
            return now - then
        return (now - then) / abs(then) if then else None


def lines_of(
    records: Iterable[Mapping[str, Any]], names: Sequence[str], stretch: Stretch, known: Mapping[str, Metric]
) -> list[Line]:
    """Give a line for each metric and combination of these dimensions that has a window in the stretch, most n first."""
    found: dict[tuple[str, tuple[str, ...]], dict[int, Point]] = {}
    for record in records:
        if record["metric"] in known:  # the tables may be of another release
            key = record["metric"], tuple(str(record[name]) for name in names)
            point = _point(record)
            found.setdefault(key, {})[point.window] = point
    order = list(known)
    lines = [
        Line(
            known[metric],
            dimensions,
            tuple(points.get(window) for window in stretch.windows),
            tuple(point for window, point in points.items() if window < stretch.first),
        )
        for (metric, dimensions), points in found.items()
        if max(points) >= stretch.first
    ]
    return sorted(lines, key=lambda line: (order.index(line.metric.name), -line.n, line.dimensions))


def _point(record: Mapping[str, Any]) -> Point:
    window: datetime = record["window"]
    return Point(
        window=int(window.timestamp()),
        value=record["value"],
        low=record["low"],
        high=record["high"],
        n=record["n"],
        numerator=record["numerator"],
        denominator=record["denominator"],
        is_final=bool(record["is_final"]),
    )


def _added(metric: Metric, points: Sequence[Point]) -> float | None:
    numerator = sum(point.numerator for point in points)
    if metric.kind == "quantile" or sum(point.n for point in points) < metric.minimum_n:
        return None
    if metric.kind == "sum":
        return numerator
    denominator = sum(point.denominator or 0 for point in points)
    return numerator / denominator if denominator else None
