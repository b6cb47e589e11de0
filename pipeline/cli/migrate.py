"""`cxstream migrate`: tables and views."""

from typing import Annotated

import typer


def migrate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 if something is to be done.")
    ] = False,
) -> None:
    """Bring ClickHouse's tables and views up to date.

    Applies the numbered files of schemas/clickhouse that were not applied yet. Refuses a database of a newer release, and
    files that were edited after they were applied.

    Examples:
      cxstream migrate
      cxstream migrate --check
    """
    from pipeline.settings import Settings  # noqa: PLC0415 - help stays quick
    from pipeline.settings.load import load  # noqa: PLC0415
    from pipeline.store import migrate as store  # noqa: PLC0415
    from pipeline.store.connect import server_of  # noqa: PLC0415

    server = server_of(load(Settings).settings, "migrator")
    names = store.names()
    difference = store.compare(server)
    store.refuse(difference)
    if check:
        for version in difference.pending:
            typer.echo(f"pending  {names[version]}")
        if difference.pending:
            raise typer.Exit(1)
    else:
        for version in store.migrate(server):
            typer.echo(f"applied  {names[version]}")
    typer.echo("The tables and views are up to date.")
