"""`cxstream journey`: what one customer went through, across channels."""

import json
import sys
from typing import Annotated, Any

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
    the newest order), or person (the same customer at that time). An identifier of any kind leads to its customer;
    an email address or phone number is hashed with the key first.

    Examples:
      cxstream journey customer:42
      cxstream journey 42
      cxstream journey ada@example.com
      cxstream journey order:O-7 --json
    """
    from pipeline.cli.reading import reading  # noqa: PLC0415 - the driver is slow to import; help does without
    from pipeline.cli.story import Story  # noqa: PLC0415 - as above
    from pipeline.cli.timeline import show  # noqa: PLC0415 - as above
    from pipeline.cli.who import resolve  # noqa: PLC0415 - as above

    with reading() as read:
        who = resolve(customer, read, _hashed)
        story = Story.read(who.customer, read)
    if as_json:
        typer.echo(json.dumps(story._asdict(), indent=2, ensure_ascii=False, default=_text))
        return
    if who.others:
        typer.echo(f"{customer} is also {', '.join(who.others)}", err=True)
    show(story, sys.stdout)


def _hashed(identifier: str) -> str:
    """A personal identifier as typed, as it is stored."""
    from pipeline.cli.who import NobodyError  # noqa: PLC0415 - only personal values need all of this
    from pipeline.contract import find_schemas  # noqa: PLC0415 - as above
    from pipeline.core.identifiers import Identifiers, InvalidIdentifierError  # noqa: PLC0415 - as above
    from pipeline.core.pseudonym import pseudonyms  # noqa: PLC0415 - as above
    from pipeline.settings import Settings  # noqa: PLC0415 - as above

    settings = Settings.load()
    kind, _, value = identifier.partition(":")
    blocked = (find_schemas() / "blocked.txt").read_text(encoding="utf-8").splitlines()
    try:
        plain = Identifiers(blocked).normalised(kind, value, "CUSTOMER")
    except InvalidIdentifierError as error:
        raise NobodyError(f"a value of kind {kind} {error}") from None
    if not plain:
        raise NobodyError(f"this {kind} is a blocked value: it points at nobody")
    return pseudonyms(settings.hmac_key(), settings.hmac_key_id)(plain)


def _text(value: Any) -> str:
    """Times as RFC 3339."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
