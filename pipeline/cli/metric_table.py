"""Lines of metrics as a table for people.

What comes in: lines over one stretch. What goes out: a heading that says what, when and up to where; one row for each line.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, TextIO

from pipeline.cli.duration import shown
from pipeline.cli.render import WIDE, plain
from pipeline.cli.series import Line, Stretch
from pipeline.cli.spark import PROVISIONAL, TOO_FEW, amount, difference, interval, spark

MOST_STEPS: Final = 72
"""Windows in a sparkline; of more the newest."""


def write_table(
    lines: Sequence[Line], names: Sequence[str], stretch: Stretch, watermark: datetime, stream: TextIO
) -> None:
    """Write the table."""
    from rich import box  # noqa: PLC0415 - slow, and only tables need it
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(file=stream, width=None if stream.isatty() else WIDE, highlight=False)
    for text in heading(lines, stretch, watermark):
        console.print(Text(text))
    several = len({line.metric.name for line in lines}) > 1
    asked = [
        number
        for number, name in enumerate(names)
        if any(line.dimensions[number] for line in lines) or not name
    ]
    table = Table(box=box.SIMPLE_HEAD)
    for name in [*(["metric"] if several else []), *(names[number] for number in asked)]:
        table.add_column(name)
    for name in ("latest", "95 % interval", "n", f"{shown(stretch.length)}", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(f"by {shown(stretch.step)}", no_wrap=True)
    for line in lines:
        latest, metric = line.latest, line.metric
        table.add_row(
            *([metric.name] if several else []),
            *(Text(plain(line.dimensions[number])) for number in asked),
            (amount(metric, latest.value) or TOO_FEW) + ("" if latest.is_final else " p"),
            interval(metric, latest.low, latest.high),
            f"{latest.n:,}",
            amount(metric, line.whole),
            Text(difference(metric, line.change), style=_style(line)),
            spark(line.points[-MOST_STEPS:]),
        )
    console.print(table)


def heading(lines: Sequence[Line], stretch: Stretch, watermark: datetime) -> list[str]:
    """Say what is shown, of when, and how to read it."""
    told = []
    metrics = list(dict.fromkeys(line.metric for line in lines))
    if len(metrics) == 1:
        (metric,) = metrics
        told.append(f"{metric.name}, {metric.unit}, {metric.good} is better. {metric.meaning}")
    told.append(
        f"{moment(stretch.first)} to {moment(stretch.end)} UTC, up to the newest window with data; "
        f"watermark {moment(int(watermark.timestamp()))}. change: against the {shown(stretch.length)} before, where the data reach as far."
    )
    told.append(
        f"p and {PROVISIONAL}: not final, from there on. {TOO_FEW}: n is below the metric's minimum. Blank: nothing happened."
    )
    if len(stretch.windows) > MOST_STEPS:
        told.append(f"The sparkline has the newest {MOST_STEPS} of {len(stretch.windows)} windows.")
    return told


def moment(seconds: int) -> str:
    """Give a time to the minute; its zone is UTC, as the text around it says."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def _style(line: Line) -> str:
    if not line.change:
        return ""
    return "green" if (line.change > 0) == (line.metric.good == "higher") else "red"
