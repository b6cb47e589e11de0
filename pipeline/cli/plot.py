"""A metric as a plot: its value with interval above, n below, over time in UTC.

What comes in: lines over one stretch. What goes out: a PNG or SVG file. Needs matplotlib, the extra `plot`, which only this
module imports.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.cli.duration import shown
from pipeline.cli.series import Line, Point, Stretch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, which people who see few colours tell apart too."""
SUFFIXES: Final = (".png", ".svg")


class PlotError(Exception):
    """Nothing can be drawn. The text says the way out."""

    exit_code = 2


def refuse_unable(file: Path) -> None:
    """Raise PlotError where the file's kind is unknown, its folder is missing, or matplotlib is."""
    if file.suffix.lower() not in SUFFIXES:
        raise PlotError(f"--plot {file}: allowed are files that end in {' or '.join(SUFFIXES)}")
    if not file.parent.is_dir():
        raise PlotError(f"--plot {file}: there is no folder {file.parent}")
    if find_spec("matplotlib") is None:
        raise PlotError("--plot needs matplotlib, which is not installed: pip install 'cxstream[plot]'")


def draw(lines: Sequence[Line], stretch: Stretch, file: Path) -> int:
    """Draw the lines with most contributions into the file; give how many more there are."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 - slow, and an extra
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415 - as above

    metric, drawn = lines[0].metric, lines[: len(COLOURS)]
    figure = Figure(figsize=(10, 5.6), dpi=120, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    for number, (line, colour) in enumerate(zip(drawn, COLOURS, strict=False)):
        _draw_values(above, line, colour, stretch.step)
        _draw_n(below, line, colour, stretch.step, (number, len(drawn)))
    figure.suptitle(
        f"{metric.name} ({metric.unit}, {metric.good} is better)", x=0.01, ha="left", weight="bold"
    )
    above.set_title(_subtitle(lines), loc="left", fontsize=9, color="#555555")
    if metric.unit == "share":
        above.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    above.set_ylabel(metric.unit)
    below.set_ylabel("n")
    below.set_xlabel(f"time (UTC), windows of {shown(stretch.step)}")
    locator: Any = AutoDateLocator(tz=UTC)  # type: ignore[no-untyped-call]  # as matplotlib has it
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]  # as above
    below.set_xlim(_moment(stretch.first), _moment(stretch.end))
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#E5E5E5", linewidth=0.8)
        axes.set_axisbelow(True)
    if len(drawn) > 1 or _name(drawn[0]):
        figure.legend(loc="outside right upper", frameon=False)
    figure.savefig(file)
    return len(lines) - len(drawn)


def _subtitle(lines: Sequence[Line]) -> str:
    told = lines[0].metric.meaning
    points = [point for line in lines for point in line.seen]
    if any(point.low is not None for point in points):
        told += " Band: 95 % interval."
    return told + " Dashed and light: not final yet." * any(not point.is_final for point in points)


def _name(line: Line) -> str:
    return ", ".join(filter(None, line.dimensions))


def _draw_values(axes: "Axes", line: Line, colour: str, step: int) -> None:
    valued = any(point.value is not None for point in line.seen)
    few = "" if valued else f" (n below {line.metric.minimum_n})"
    axes.plot([], [], color=colour, linewidth=3, label=(_name(line) or "value") + few)
    for is_final, run in _runs(line, step):
        at: Any = [_moment(point.window + step // 2) for point in run]
        values: Any = [point.value for point in run]
        style = "-" if is_final else "--"
        axes.plot(at, values, style, color=colour, marker="o", markersize=3)
        if all(point.low is not None for point in run):
            low: Any = [point.low for point in run]
            high: Any = [point.high for point in run]
            axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
            if len(run) == 1:  # a band needs two
                axes.vlines(at, low, high, color=colour, alpha=0.4)


def _runs(line: Line, step: int) -> Iterator[tuple[bool, list[Point]]]:
    """Give the unbroken runs of windows with a value that are final or not; the second begins where the first ended."""
    last: Point | None = None
    points = [point for point in line.seen if point.value is not None]
    numbered = [(point.window // step - number, point) for number, point in enumerate(points)]
    for (_, is_final), group in groupby(numbered, key=lambda each: (each[0], each[1].is_final)):
        run = [point for _, point in group]
        joined = last is not None and last.window + step == run[0].window
        yield is_final, [last, *run] if joined and last is not None else run
        last = run[-1]


def _draw_n(axes: "Axes", line: Line, colour: str, step: int, place: tuple[int, int]) -> None:
    """Draw bars side by side: this line's is number place[0] of place[1]; those not final are light."""
    number, of = place
    width = 0.8 * step / of
    for is_final in (True, False):
        points = [point for point in line.seen if point.is_final == is_final]
        at: Any = [_moment(point.window + 0.1 * step + (number + 0.5) * width) for point in points]
        axes.bar(
            at, [point.n for point in points], width / 86_400, color=colour, alpha=0.9 if is_final else 0.4
        )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
