"""Who is meant: from what a person types to the customer that it belongs to.

What comes in: `customer:42`, a bare value, an email address or a phone number in clear. What goes out: the customer's
identifier. Personal values are hashed with the key before anything is asked.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from pipeline.cli.reading import Read, sql_of
from pipeline.core.identifiers import PERSONAL, rank
from pipeline.core.interaction import KINDS

_PHONE: Final = re.compile(r"(\+|00)[\d ()./-]{6,}")
_HASHED: Final = re.compile(r"(email|phone):[a-z0-9]{1,8}:[0-9a-f]{32}")

Hash = Callable[[str], str]
"""Takes "email:ada@example.com" as it was typed, gives the identifier as it is stored."""


class NobodyError(Exception):
    """No customer, or more than one, is meant."""


class Who(NamedTuple):
    """The identifier that is meant, and what else the same text could have meant."""

    identifier: str
    others: list[str]


def resolve(text: str, read: Read, hashed: Hash) -> Who:
    """The customer whom a text means.

    Raises:
        NobodyError: it is known to nobody, or belongs to several.
    """
    identifier, others = identified(text, read, hashed)
    links = read(sql_of("chain"), {"identifiers": [identifier], "kinds": list(KINDS)}).records()
    while owners := [
        link["to_identifier"]
        for link in links
        if link["from_identifier"] == identifier and link["state"] == "live"
    ]:
        links = [link for link in links if link["from_identifier"] != identifier]
        identifier = _only(identifier, sorted(owners))
    if not _ask(read, "candidates", kinds=_kind(identifier), value=_value(identifier)):
        carriers = _ask(read, "carriers", identifier=identifier, kinds=list(KINDS))
        if not carriers:
            raise NobodyError(f"{text}: no interaction that was accepted carries it")
        identifier = _only(identifier, carriers)
    return Who(identifier, others)


def identified(text: str, read: Read, hashed: Hash) -> Who:
    """The identifier that is meant, as it is stored, and others that have the same value. Raises NobodyError."""
    text = text.strip()
    if _HASHED.fullmatch(text):
        return Who(text, [])
    if _kind(text) in PERSONAL:
        return Who(hashed(text), [])
    if _kind(text) in KINDS:
        return Who(text, [])
    if "@" in text:
        return Who(hashed(f"email:{text}"), [])
    if _PHONE.fullmatch(text):
        return Who(hashed(f"phone:{text}"), [])
    known = _ask(read, "candidates", kinds=",".join(KINDS), value=text)
    found = sorted(known, key=rank)
    return Who(found[0], found[1:]) if found else Who(f"customer:{text}", [])


def _only(identifier: str, owners: list[str]) -> str:
    if len(owners) > 1:
        raise NobodyError(f"{identifier} belongs to several: {', '.join(owners)}; name one of them")
    return owners[0]


def _ask(read: Read, query: str, **parameters: object) -> list[str]:
    return [str(row[0]) for row in read(sql_of(query), parameters).rows]


def _kind(identifier: str) -> str:
    return identifier.partition(":")[0]


def _value(identifier: str) -> str:
    return identifier.partition(":")[2]
