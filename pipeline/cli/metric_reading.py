"""Reading a stretch of cx.metrics and showing it.

What comes in: what was asked for. What goes out: a table, rows or a plot. The stretch ends with the newest window with data.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from pipeline.cli import metric_list
from pipeline.cli.metric_table import write_table
from pipeline.cli.reading import Answer, Read, reading, sql_of
from pipeline.cli.render import Format, write
from pipeline.cli.series import Stretch, lines_of


class NoWindowsError(Exception):
    """There is nothing to show."""


class Asked(NamedTuple):
    """A metric, or all (empty); the view's columns that it is split by; seconds of the stretch and of a window."""

    metric: str
    by: list[str]
    last: int
    step: int

    def stretch(self, read: Read) -> tuple[Stretch, int]:
        """Give the stretch up to the newest window with data, and the start of the oldest. Raises NoWindowsError."""
        (row,) = read(sql_of("metric_ends"), {"metric": self.metric, "seconds": self.step}).records()
        if not row["newest"]:
            raise NoWindowsError(f"no window of {self.metric or 'any metric'} has anything in it yet")
        end = row["newest"] + self.step
        return Stretch(end - -(-self.last // self.step) * self.step, end, self.step), row["oldest"]

    def windows(self, read: Read, first: int, end: int) -> Answer:
        """Give the windows from `first` to before `end`."""
        parameters: Mapping[str, object] = {
            "metric": self.metric, "seconds": self.step, "by": self.by, "first": first, "end": end,
        }  # fmt: skip
        return read(sql_of("metrics"), parameters)


def show(asked: Asked, form: Format, plot: Path | None, stream: TextIO) -> None:
    """Read, and write what was asked for. Raises NoWindowsError, StoreError."""
    if form == "auto":
        form = "table" if stream.isatty() else "tsv"
    with reading() as read:
        stretch, oldest = asked.stretch(read)
        if form != "table" and plot is None:
            answer = asked.windows(read, stretch.first, stretch.end)
            write(form, answer.names, answer.rows, stream)
            return
        before = stretch.first - stretch.length
        # a stretch before that the data do not cover would be a change that never was
        records = asked.windows(read, before if oldest <= before else stretch.first, stretch.end).records()
    names = [*asked.by, "currency"]
    lines = lines_of(records, names, stretch, metric_list.known())
    if plot is None:
        write_table(lines, names, stretch, _watermark(records), stream)
        return
    from pipeline.cli.plot import draw  # noqa: PLC0415 - only where a plot is asked for

    left_out = draw(lines, stretch, plot)
    stream.write(f"{plot}{f' ({left_out} with fewer contributions are left out)' if left_out else ''}\n")


def _watermark(records: list[dict[str, Any]]) -> datetime:
    return records[-1]["watermark"] if records else datetime.fromtimestamp(0, UTC)
