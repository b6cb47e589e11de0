"""`cxstream query`: SQL over the views, as the analyst."""

import sys
from typing import Annotated

import typer

from pipeline.cli.render import Format, write

Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--param", "-p", metavar="NAME=VALUE", help="Value for {NAME:Type} in the SQL. Can be repeated."
    ),
]


class QueryUsageError(Exception):
    """The command was called in a way that means nothing."""

    exit_code = 2


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One statement; - reads it from standard input.")],
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            help="auto is a table on a terminal, vertical where that is too narrow, and tsv elsewhere.",
        ),
    ] = "auto",
    param: Parameters = None,
) -> None:
    """Read the views with SQL. Rows are written as they come.

    The views are in the database cx: touchpoints, sessions, journeys, identity, metric_windows and more;
    docs/tables.md lists their columns. `SHOW TABLES` lists the views themselves.

    Examples:
      cxstream query 'SELECT outcome, count() FROM journeys GROUP BY outcome'
      cxstream query 'SELECT * FROM sessions WHERE customer = {who:String}' -p who=customer:42
      cxstream query --format csv 'SELECT * FROM metric_windows' > windows.csv
      cxstream query -f vertical 'SELECT * FROM journeys LIMIT 1'
      cxstream query - < report.sql
    """
    from pipeline.cli.reading import reading  # noqa: PLC0415 - the driver is slow to import; help does without

    text = sys.stdin.read() if sql == "-" else sql
    if not text.strip():
        raise QueryUsageError("there is no SQL: give a statement, or - and a statement on standard input")
    with reading(theirs=True) as read:
        answer = read(text, parameters(param or []))
        write(form, answer.names, answer.rows, sys.stdout)


def parameters(given: list[str]) -> dict[str, str]:
    """Named values from name=value texts. Raises QueryUsageError for any other."""
    values = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (equals and name.isidentifier()):
            raise QueryUsageError(f"--param {text}: allowed is NAME=VALUE")
        values[name] = value
    return values
