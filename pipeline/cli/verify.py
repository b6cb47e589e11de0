"""`cxstream verify`: the tables against the batch answer over the archive."""

import sys
from typing import Annotated

import typer


def verify(
    show: Annotated[int, typer.Option(help="How many differing rows of each table to print.", min=0)] = 3,
) -> None:
    """Recompute every derived table from the archive in one plain loop, and compare. Exit code 1 if a row differs.

    Reads as the writer, and holds the whole archive in memory. Meant for a quiet moment: what is under way counts as a
    difference. So does what somebody asked to have erased.

    Examples:
      cxstream verify
      cxstream verify --show 20
    """
    from rich.console import Console  # noqa: PLC0415 - help does without the driver and the core

    from pipeline import verify as tables  # noqa: PLC0415 - as above
    from pipeline.meaning import meaning_of  # noqa: PLC0415 - as above
    from pipeline.settings import Settings  # noqa: PLC0415 - as above
    from pipeline.store.connect import server_of  # noqa: PLC0415 - as above

    settings = Settings.load()
    with Console(stderr=True).status("verifying") as status:
        differences = tables.verify(server_of(settings, "writer"), meaning_of(settings), status.update)
    for difference in differences:
        typer.echo(f"{difference.table:16} {difference.expected:8,} rows  {difference.rows} differ")
        for kind, rows in (("missing", difference.missing), ("wrong", difference.wrong)):
            for row in rows[:show]:
                typer.echo(f"  {kind}: {row}")
    sys.exit(1 if any(difference.rows for difference in differences) else 0)
