"""`cxstream metrics`: a metric over a stretch of time, as a table, as rows or as a plot."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.duration import parse
from pipeline.cli.render import Format, write


class MetricUsageError(Exception):
    """The command was called in a way that means nothing."""

    exit_code = 2


def metrics(  # noqa: PLR0913 - one for each option
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One metric; all where it is left out.")] = "",
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="DIM", help="Split by it; several with commas, or --by again."),
    ] = None,
    last: Annotated[str, typer.Option("--last", help="Length of the stretch: 90s, 5m, 6h, 2d.")] = "1d",
    step: Annotated[str, typer.Option("--step", help="Length of a window: whole minutes, as --last.")] = "1h",
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw into a .png or .svg instead.")
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="auto is a table on a terminal and tsv elsewhere.")
    ] = "auto",
    *,
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Short for --format csv.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List every metric and its dimensions.")] = False,
) -> None:
    """Show a metric over a stretch of time: its latest value with interval and n, its change, a sparkline.

    The stretch ends with the newest window of the metric that has data, not with the wall clock, so that old data can be
    read like fresh ones; the heading says when that is, and how far the watermark is. A table has one line for each
    combination of dimensions (currencies are always apart); the other formats have one row for each window with all
    columns of cx.metrics. A window in which nothing happened does not exist, and a sparkline leaves it blank.

    A window that is not final may still change as time alone passes; a final one changes only for a late interaction, a
    late identify, an unlink, an erasure, or what comes long after (a refund after 60 days). All times are UTC. docs/metrics.md tells what each metric means.

    Examples:
      cxstream metrics
      cxstream metrics --list
      cxstream metrics nps --by channel --last 7d --step 1d
      cxstream metrics payment_failure_rate --by method,country --last 6h --step 5m
      cxstream metrics revenue --last 30d --step 1d --csv > revenue.csv
      cxstream metrics session_conversion --by channel --plot conversion.png
    """
    from pipeline.cli import metric_list  # noqa: PLC0415 - help is quick without

    form = "json" if json else "csv" if csv else form
    if listed:
        write(form, metric_list.COLUMNS, metric_list.rows(), sys.stdout)
        return
    from pipeline.cli.metric_reading import Asked, show  # noqa: PLC0415 - the driver is slow to import

    chosen = [metric_list.find(name)] if name else list(metric_list.known().values())
    asked = Asked(name, metric_list.columns_of(by or [], chosen), parse(last), parse(step))
    if asked.step % 60 or asked.last < asked.step:
        raise MetricUsageError(
            f"--step {step} --last {last}: a step is whole minutes, and --last at least a step"
        )
    if plot is not None and not name:
        raise MetricUsageError("--plot draws one metric: name it")
    if plot is not None:
        from pipeline.cli.plot import refuse_unable  # noqa: PLC0415 - only where a plot is asked for

        refuse_unable(plot)
    show(asked, form, plot, sys.stdout)
