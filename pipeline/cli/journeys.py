"""`cxstream journeys`: the last journeys of the customer behind an identifier, for a service desk."""

import sys
from typing import Annotated

import typer

from pipeline.cli.render import Format, write


def journeys(
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="IDENTIFIER", help="An identifier, a bare value, or an email address or phone number."
        ),
    ],
    last: Annotated[int, typer.Option("--last", "-n", help="How many.", min=1)] = 3,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="auto is for people on a terminal, and tsv elsewhere.")
    ] = "auto",
) -> None:
    """Show the last journeys of the customer behind an identifier of any kind. Exit code 1 if there is none.

    An email address or phone number is hashed with the key first. A machine that several people share leads to each of them.

    Examples:
      cxstream journeys order:O-7
      cxstream journeys ada@example.com --last 1 --format json
    """
    from pipeline.cli.hashing import hashed  # noqa: PLC0415 - help does without the driver
    from pipeline.cli.reading import reading, sql_of  # noqa: PLC0415 - as above
    from pipeline.cli.who import NobodyError, identified  # noqa: PLC0415 - as above

    with reading() as read:
        who = identified(identifier, read, hashed)
        answer = read(sql_of("last_journeys"), {"identifier": who.identifier, "last": last})
        rows = list(answer.rows)
    if who.others:
        typer.echo(f"{identifier} is also {', '.join(who.others)}", err=True)
    if not rows:
        raise NobodyError(f"{identifier}: no journey of anybody behind it")
    write(form, answer.names, rows, sys.stdout)
