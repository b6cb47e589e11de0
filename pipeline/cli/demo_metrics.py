"""The demo's table of metrics: one line for each, over everything that was published.

What comes in: a reader of the views. What goes out: a table with value, interval, n, share that is final, and the days.
"""

from typing import Any, Final

from rich.table import Table
from rich.text import Text

from pipeline.cli.metric_list import known
from pipeline.cli.reading import sql_of
from pipeline.cli.series import Line, Stretch, lines_of
from pipeline.cli.spark import TOO_FEW, amount, interval, spark
from pipeline.store.read import Answer, Reader

DAY: Final = 86_400
_END_OF_TIME: Final = 2**32 - 1


def metrics_table(reader: Reader) -> Table:
    """Read all metrics and lay them out, in the order of the catalogue. Raises StoreError."""
    everything = {"metric": "", "seconds": DAY, "by": [], "first": 0, "end": _END_OF_TIME}
    days = _records(reader.query(sql_of("metrics"), everything))
    whole = {(row["metric"], row["currency"]): row for row in _records(reader.query(sql_of("demo_metrics")))}
    table = Table(box=None, pad_edge=False)
    for name in ("metric", "", "value", "95 % interval", "n", "final"):
        table.add_column(name, justify="left" if name in {"metric", ""} else "right")
    table.add_column("by day", no_wrap=True)
    for line in lines_of(days, ["currency"], _stretch(days), known()):
        row = whole.get((line.metric.name, line.dimensions[0]))
        if row is not None:
            table.add_row(*_cells(line, row))
    return table


def _cells(line: Line, row: dict[str, Any]) -> list[Text]:
    metric = line.metric
    final = sum(point.n for point in line.seen if point.is_final) / line.n
    unit = "" if metric.unit == "share" else f" {metric.unit}"
    return [
        Text(text)
        for text in (
            metric.name,
            row["currency"],
            amount(metric, row["value"]) + unit if row["value"] is not None else TOO_FEW,
            interval(metric, row["low"], row["high"]),
            f"{row['n']:,}",
            f"{final:.0%}",
            spark(line.points),
        )
    ]


def _stretch(days: list[dict[str, Any]]) -> Stretch:
    """Give the days from the first that has something to the last; none where nothing was counted."""
    starts = [int(row["window"].timestamp()) for row in days]
    return Stretch(min(starts, default=0), max(starts, default=-DAY) + DAY, DAY)


def _records(answer: Answer) -> list[dict[str, Any]]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
