"""Every metric of the catalogue, and the dimensions that each can be split by."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from pipeline.catalogue import Metric, load
from pipeline.cli.duration import shown

DIMENSIONS: Final = ("channel", "source", "country", "device", "app_version", "campaign", "experiments")
"""What every metric can be split by. Currency always is: money of two currencies is never added."""
DECLARED: Final = "declared"
"""The one column of all that a metric declares itself."""

COLUMNS: Final = ("metric", "meaning", "unit", "good", "minimum_n", "final_after", "dimensions")


class UnknownMetricError(Exception):
    """There is no metric of this name."""

    exit_code = 2


class UnknownDimensionError(Exception):
    """A metric cannot be split by this."""

    exit_code = 2


def known() -> Mapping[str, Metric]:
    """Give every metric by name, in the order of schemas/metrics.yaml."""
    return {metric.name: metric for metric in load().metrics}


def rows() -> list[tuple[object, ...]]:
    """Give a row for each metric; `final_after` is how long after its end a window can still change by time alone."""
    return [
        (
            metric.name,
            metric.meaning,
            metric.unit,
            metric.good,
            metric.minimum_n,
            shown(metric.final_after_seconds) if metric.final_after_seconds else "at once",
            [*DIMENSIONS, *metric.dimensions],
        )
        for metric in known().values()
    ]


def find(name: str) -> Metric:
    """Give a metric. Raises UnknownMetricError, which names the closest."""
    metrics = known()
    if name not in metrics:
        told = _closest(name, metrics)
        raise UnknownMetricError(
            f"there is no metric {name}{told}; cxstream metrics --list has all {len(metrics)}"
        )
    return metrics[name]


def columns_of(given: list[str], metrics: list[Metric]) -> list[str]:
    """Give the view's columns for dimensions as a person names them, each once. Raises UnknownDimensionError."""
    own = [name for metric in metrics for name in metric.dimensions]
    allowed = [*DIMENSIONS, *dict.fromkeys(own), DECLARED]
    columns = []
    for name in (part.strip() for text in given for part in text.split(",")):
        if name == "currency":
            continue
        if name not in allowed:
            told = _closest(name, allowed)
            raise UnknownDimensionError(
                f"--by {name}: no such dimension{told}; there are {', '.join(allowed)}"
            )
        columns.append(DECLARED if name in own else name)
    return list(dict.fromkeys(columns))


def _closest(word: str, among: Mapping[str, object] | list[str]) -> str:
    close = get_close_matches(word, among, n=1)
    return f"; did you mean {close[0]}?" if close else ""
