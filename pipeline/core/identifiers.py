"""Identifiers: which ones a record carries, normalised, in the order of their strength.

What comes in: shorthands, the list, correlation ids. What goes out: "kind:value" texts, personal ones not yet
hashed. Blocked values point at nobody and are dropped.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from unicodedata import decimal

from pipeline.core.interaction import KINDS, THINGS

MAX_LENGTH: Final = 256
MAX_COUNT: Final = 64
PERSONAL: Final = frozenset({"email", "phone"})
"""Kinds whose values are hashed before anything stores or logs them."""

_PERSONAL_MARKS: Final = tuple(f"{kind}:" for kind in sorted(PERSONAL))
RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}
SHORTHANDS: Final = {kind if kind in PERSONAL else f"{kind}_id": kind for kind in KINDS}
"""Field of the envelope → kind, strongest first."""

_THING_FIELDS: Final = {f"{kind}_id": kind for kind in THINGS}
_NOT_PLAIN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class InvalidIdentifierError(ValueError):
    """A value cannot be an identifier. Its text never holds the value."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(problem)
        self.path = path


def is_plain(text: str) -> bool:
    """Tell whether a text is free of control characters and direction marks."""
    return (text.isascii() and text.isprintable()) or not _NOT_PLAIN.search(text)


class Blocked:
    """Values that point at nobody."""

    __slots__ = ("_values",)

    def __init__(self, lines: Iterable[str]) -> None:
        """Take the lines of the list; # begins a comment."""
        texts = (line.strip().lower() for line in lines)
        self._values = frozenset(text for text in texts if text and not text.startswith("#"))

    def __contains__(self, trimmed: str) -> bool:
        """Tell whether a trimmed value is blocked: listed, empty, or only zeros or dashes."""
        return not trimmed.strip("0-") or trimmed.lower() in self._values

    def allows(self, value: Any) -> bool:
        """Tell whether a value can be an identifier and points at somebody."""
        return (
            type(value) is str and len(value) <= MAX_LENGTH and is_plain(value) and value.strip() not in self
        )


def normalised(kind: str, value: Any, path: str, blocked: Blocked) -> str | None:
    """Give "kind:value", or None for a blocked value. Raises InvalidIdentifierError."""
    if type(value) is not str:
        raise InvalidIdentifierError(path, "must be a string")
    if len(value) > MAX_LENGTH:
        raise InvalidIdentifierError(path, f"must have at most {MAX_LENGTH} characters")
    if not is_plain(value):
        raise InvalidIdentifierError(path, "must not contain control characters or direction marks")
    text = value.strip()
    if text in blocked:
        return None
    if kind in PERSONAL:
        text = text.lower() if kind == "email" else phone_digits(text)
        if text.removeprefix("+") in blocked:
            return None
    return f"{kind}:{text}"


def phone_digits(text: str) -> str:
    """Give the digits of a phone number in ASCII; a leading + or 00 becomes +."""
    digits = "".join(str(decimal(sign)) for sign in text if sign.isdecimal())
    if text.lstrip()[:1] in {"+", "\uff0b"}:
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def collect(top: Mapping[str, Any], listed: Any, data: Mapping[str, Any], blocked: Blocked) -> list[str]:
    """Give the identifiers of a record without repeats. Raises InvalidIdentifierError.

    `top` are the shorthands and correlation ids of the envelope, by field, strongest first.
    """
    found = [
        (kind := SHORTHANDS[field], normalised(kind, value, f"$.{field}", blocked))
        for field, value in top.items()
    ]
    if listed is not None:
        found.extend(_listed(listed, blocked))
    if not _THING_FIELDS.keys().isdisjoint(data):
        for field, kind in _THING_FIELDS.items():
            if field in data:
                found.append((kind, normalised(kind, data[field], f"$.data.{field}", blocked)))
    found.sort(key=_rank)
    return list(dict.fromkeys([text for _, text in found if text is not None]))


def hashed(identifier: str, pseudonym: Callable[[str], str]) -> str:
    """Give the identifier, hashed if it is personal."""
    return pseudonym(identifier) if identifier.startswith(_PERSONAL_MARKS) else identifier


def _rank(kind_and_text: tuple[str, str | None]) -> int:
    return RANK[kind_and_text[0]]


def _listed(listed: Any, blocked: Blocked) -> list[tuple[str, str | None]]:
    if not isinstance(listed, list):
        raise InvalidIdentifierError("$.identifiers", "must be a list of {type, value}")
    if len(listed) > MAX_COUNT:
        raise InvalidIdentifierError("$.identifiers", f"must have at most {MAX_COUNT} entries")
    found = []
    for index, entry in enumerate(listed):
        path = f"$.identifiers[{index}]"
        if not isinstance(entry, dict):
            raise InvalidIdentifierError(path, "must be {type, value}")
        kind = entry.get("type")
        if not isinstance(kind, str) or kind not in RANK:
            raise InvalidIdentifierError(f"{path}.type", f"must be one of {', '.join(KINDS)}")
        found.append((kind, normalised(kind, entry.get("value"), f"{path}.value", blocked)))
    return found


def split_pair_member(value: Any) -> tuple[str, str]:
    """Give kind and value of "kind:value" or {type, value}, already validated."""
    if isinstance(value, str):
        kind, _, rest = value.partition(":")
        return kind, rest
    return value["type"], value["value"]
