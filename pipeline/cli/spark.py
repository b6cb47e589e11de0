"""A metric in one line of text: numbers with their unit, and a sparkline of its windows."""

from collections.abc import Sequence
from typing import Final

from pipeline.catalogue import Metric
from pipeline.cli.series import Point

BLOCKS: Final = "▁▂▃▄▅▆▇█"
GAP: Final = " "
"""A window that does not exist."""
TOO_FEW: Final = "·"
"""A window whose n is too small for a value."""
PROVISIONAL: Final = "┊"
"""From here on windows are not final."""


def spark(points: Sequence[Point | None]) -> str:
    """Draw the windows from the lowest value to the highest, with a mark before the first that is not final."""
    values = [point.value for point in points if point is not None and point.value is not None]
    least, most = (min(values), max(values)) if values else (0.0, 0.0)
    drawn, final = "", True
    for point in points:
        if final and point is not None and not point.is_final:
            drawn, final = drawn + PROVISIONAL, False
        drawn += _block(point, least, most)
    return drawn


def _block(point: Point | None, least: float, most: float) -> str:
    if point is None:
        return GAP
    if point.value is None:
        return TOO_FEW
    if least == most:
        return BLOCKS[3]
    return BLOCKS[round((point.value - least) / (most - least) * (len(BLOCKS) - 1))]


def amount(metric: Metric, value: float | None) -> str:
    """Give a value as a person reads it: shares in percent, all else in the metric's unit."""
    if value is None:
        return ""
    if metric.unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.3g}"  # noqa: PLR2004


def interval(metric: Metric, low: float | None, high: float | None) -> str:
    """Give both ends of an interval, the unit once."""
    if low is None or high is None:
        return ""
    return f"{amount(metric, low).removesuffix(' %')} to {amount(metric, high)}"


def difference(metric: Metric, change: float | None) -> str:
    """Give a change: points of percent for a share, points for points, percent for all else."""
    if change is None:
        return ""
    if metric.unit == "points":
        return f"{change:+.1f}"
    return f"{100 * change:+.1f} {'pp' if metric.unit == 'share' else '%'}"
