"""`cxstream metrics`: the latest windows of the metrics."""

import sys
from typing import Annotated, Final, Literal

import typer

from pipeline.cli.render import Format, write

Every = Literal["minute", "5-minutes", "hour", "day"]

SECONDS: Final[dict[Every, int]] = {"minute": 60, "5-minutes": 300, "hour": 3600, "day": 86_400}


class UnknownMetricError(Exception):
    """There is no metric of this name."""

    exit_code = 2


def metrics(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One metric; all where it is left out.")] = "",
    every: Annotated[Every, typer.Option("--every", help="Length of the windows.")] = "day",
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="So many rows of each metric.")] = 10,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="auto is a table on a terminal and tsv elsewhere.")
    ] = "auto",
) -> None:
    """Show the latest windows of the metrics: numerator, denominator, n, value, and whether they are final.

    A window that is not final may still change as time alone passes; a final one changes only for a late interaction,
    a late identify, an unlink, an erasure, or what comes long after (a refund after 60 days). Durations are seconds, money is minor units.

    Examples:
      cxstream metrics
      cxstream metrics nps --every hour --last 24
      cxstream metrics revenue --format csv > revenue.csv
    """
    from pipeline.cli.reading import reading, sql_of  # noqa: PLC0415 - the driver is slow to import; help does without

    with reading() as read:
        known = [str(row[0]) for row in read(sql_of("metric_names"), {}).rows]
        if name and name not in known:
            raise UnknownMetricError(f"there is no metric {name}; there are {', '.join(known)}")
        answer = read(sql_of("metrics"), {"metric": name, "seconds": SECONDS[every], "last": last})
        write(form, answer.names, answer.rows, sys.stdout)
