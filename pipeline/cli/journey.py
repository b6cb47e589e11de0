"""`cxstream journey`: what one customer went through, across channels."""

import json
import sys
from typing import Annotated

import typer


def journey(
    customer: Annotated[
        str,
        typer.Argument(
            metavar="CUSTOMER", help="An identifier, a bare value, or an email address or phone number."
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what one customer went through: journeys, their steps, where sessions and stages begin, and what hurt.

    Each step says why it is in its journey: correlation (it names the order, ticket or the like), support (a contact about
    the newest order), or person (the same customer at that time); and how sure it is that it is this customer's. Frictions tell
    what hurt, the score and the streak then; what did not happen in time stands at its deadline. An identifier of any kind leads to its customer;
    an email address or phone number is hashed with the key first.

    Examples:
      cxstream journey customer:42
      cxstream journey 42
      cxstream journey ada@example.com
      cxstream journey order:O-7 --json
    """
    from pipeline.cli.hashing import hashed  # noqa: PLC0415 - only help does without
    from pipeline.cli.reading import reading  # noqa: PLC0415 - the driver is slow to import; help does without
    from pipeline.cli.render import json_text  # noqa: PLC0415 - as above
    from pipeline.cli.story import Story  # noqa: PLC0415 - as above
    from pipeline.cli.timeline import show  # noqa: PLC0415 - as above
    from pipeline.cli.who import resolve  # noqa: PLC0415 - as above

    with reading() as read:
        who = resolve(customer, read, hashed)
        story = Story.read(who.identifier, read)
    if as_json:
        typer.echo(json.dumps(story._asdict(), indent=2, ensure_ascii=False, default=json_text))
        return
    if who.others:
        typer.echo(f"{customer} is also {', '.join(who.others)}", err=True)
    show(story, sys.stdout)
