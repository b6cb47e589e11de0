"""`cxstream identity`: who is behind an identifier, and how that is known."""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer


def identity(
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="IDENTIFIER", help="An identifier, a bare value, or an email address or phone number."
        ),
    ],
    *,
    on: Annotated[
        datetime | None,
        typer.Option("--on", metavar="DAY", formats=["%Y-%m-%d"], help="A day in UTC, such as 2026-03-01."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show who is behind an identifier, and how that is known.

    First the links that lead from it to its customer, refused and removed ones too, each with its evidence. Then what links
    to it. Then whose the interactions are that carried it, over time: a machine that people share is a sequence of people.
    An email address or phone number is hashed with the key first.

    With --on, also who it was on that day: as known now, and as it was known at the end of that day, recomputed from the
    interactions that had come by then.

    Examples:
      cxstream identity order:O-7
      cxstream identity ada@example.com
      cxstream identity device:tablet-3
      cxstream identity anonymous:a-9f --on 2026-03-01
      cxstream identity 42 --json
    """
    from pipeline.cli.explained import Explained  # noqa: PLC0415 - help does without the driver
    from pipeline.cli.explaining import show  # noqa: PLC0415 - as above
    from pipeline.cli.hashing import hashed  # noqa: PLC0415 - as above
    from pipeline.cli.reading import reading  # noqa: PLC0415 - as above
    from pipeline.cli.render import json_text  # noqa: PLC0415 - as above
    from pipeline.cli.then import Day  # noqa: PLC0415 - as above
    from pipeline.cli.who import identified  # noqa: PLC0415 - as above

    with reading() as read:
        who = identified(identifier, read, hashed)
        explained = Explained.read(who.identifier, read)
        day = Day.read(who.identifier, on.replace(tzinfo=UTC), read) if on else None
    if as_json:
        document = explained.document() | ({"on": day.document()} if day else {})
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, default=json_text))
        return
    if who.others:
        typer.echo(f"{identifier} is also {', '.join(who.others)}", err=True)
    show(explained, day, sys.stdout)
