"""Identifiers: which ones a record carries, normalised, in the order of their strength.

What comes in: shorthands, the list, correlation ids. What goes out: "kind:value" texts, personal ones not yet
hashed. Blocked values point at nobody and are dropped.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final
from unicodedata import decimal

from pipeline.core.interaction import KINDS, THINGS

MAX_LENGTH: Final = 256
MAX_COUNT: Final = 64
PERSONAL: Final = frozenset({"email", "phone"})
"""Kinds whose values are hashed before anything stores or logs them."""

SHORTHANDS: Final = {kind if kind in PERSONAL else f"{kind}_id": kind for kind in KINDS}
"""Field of the envelope → kind, strongest first."""

_PERSONAL_MARKS: Final = tuple(f"{kind}:" for kind in sorted(PERSONAL))
_STRONGER_THAN_THINGS: Final = tuple(f"{kind}:" for kind in KINDS if kind not in THINGS)
_RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}
_FIELDS: Final = tuple((kind, f"$.{field}") for field, kind in SHORTHANDS.items())
_THING_FIELDS: Final = {f"{kind}_id": kind for kind in THINGS}
_STRENGTH: Final = list(_THING_FIELDS).index
_NONE_IN: Final = _THING_FIELDS.keys().isdisjoint
_NOT_PLAIN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_REMEMBERED: Final = 16_384


Shorthands = tuple[Any, ...]
"""The values of SHORTHANDS in their order, None where one is not given."""


class InvalidIdentifierError(ValueError):
    """A value cannot be an identifier. Its text never holds the value."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(problem)
        self.path = path


def is_plain(text: str) -> bool:
    """Tell whether a text is free of control characters and direction marks."""
    return (text.isascii() and text.isprintable()) or not _NOT_PLAIN.search(text)


def rank(identifier: str) -> int:
    """Give how strong the kind of "kind:value" is; smaller is stronger."""
    return _RANK[identifier.partition(":")[0]]


def hashed(identifier: str, pseudonym: Callable[[str], str]) -> str:
    """Give the identifier, hashed if it is personal."""
    return pseudonym(identifier) if identifier.startswith(_PERSONAL_MARKS) else identifier


def all_hashed(identifiers: Iterable[str], pseudonym: Callable[[str], str]) -> tuple[str, ...]:
    """Give the identifiers, personal ones hashed."""
    return tuple([pseudonym(each) if each.startswith(_PERSONAL_MARKS) else each for each in identifiers])


class Identifiers:
    """Normalises identifiers. Remembers the latest, since those of one session come again and again."""

    __slots__ = ("_blocked", "_points_at_nobody")

    def __init__(self, blocked: Iterable[str]) -> None:
        """Take the lines of the list of blocked values; # begins a comment."""
        texts = (line.strip().lower() for line in blocked)
        self._blocked = frozenset(text for text in texts if text and not text.startswith("#"))
        # Only for short texts; an id is asked for twice, when it is required and when it is collected.
        self._points_at_nobody = lru_cache(maxsize=_REMEMBERED)(self.is_blocked)

    def is_blocked(self, text: str) -> bool:
        """Tell whether a value points at nobody: listed, empty, or only zeros or dashes."""
        trimmed = text.strip()
        return not trimmed.strip("0-") or trimmed.lower() in self._blocked

    def points(self, value: Any) -> bool:
        """Tell whether a value is a text that points at somebody; whether it is sound is for `normalised`."""
        return type(value) is str and len(value) <= MAX_LENGTH and not self._points_at_nobody(value)

    def normalised(self, kind: str, value: Any, path: str) -> str:
        """Give "kind:value", "" for a blocked value. Raises InvalidIdentifierError."""
        if type(value) is not str:
            raise InvalidIdentifierError(path, "must be a string")
        if len(value) > MAX_LENGTH:
            raise InvalidIdentifierError(path, f"must have at most {MAX_LENGTH} characters")
        if not (value.isascii() and value.isprintable()) and not is_plain(value):
            raise InvalidIdentifierError(path, "must not contain control characters or direction marks")
        text = value.strip()
        if not text.strip("0-") or text.lower() in self._blocked:
            return ""
        if kind in PERSONAL:
            text = text.lower() if kind == "email" else phone_digits(text)
            if self.is_blocked(text.removeprefix("+")):
                return ""
        return f"{kind}:{text}"

    def collect(self, given: Shorthands, listed: Any, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Give the identifiers of a record without repeats, strongest first. Raises InvalidIdentifierError."""
        return self.joined(self.at_top(given), listed, self.things_in(data))

    def at_top(self, given: Shorthands) -> tuple[str, ...]:
        """Give those of the shorthands, strongest first. Raises InvalidIdentifierError."""
        found = []
        for place, value in enumerate(given):
            if value is not None:
                kind, path = _FIELDS[place]
                if identifier := self.normalised(kind, value, path):
                    found.append(identifier)
        return tuple(found)

    def joined(self, found: tuple[str, ...], listed: Any, more: tuple[str, ...]) -> tuple[str, ...]:
        """Give those of the top level, of the list and of data without repeats, strongest first."""
        if listed is None:
            if not more:
                return found
            if not found or found[-1].startswith(_STRONGER_THAN_THINGS):
                return found + more
        else:
            more = (*self._listed(listed), *more)
        return tuple(dict.fromkeys(sorted(found + more, key=rank)))

    def things_in(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Give those of data, strongest first. Raises InvalidIdentifierError."""
        if _NONE_IN(data):
            return ()
        fields = [field for field in data if field in _THING_FIELDS]
        if len(fields) > 1:
            fields.sort(key=_STRENGTH)
        found = [self.normalised(_THING_FIELDS[field], data[field], f"$.data.{field}") for field in fields]
        return tuple(filter(None, found))

    def _listed(self, listed: Any) -> list[str]:
        if not isinstance(listed, list):
            raise InvalidIdentifierError("$.identifiers", "must be a list of {type, value}")
        if len(listed) > MAX_COUNT:
            raise InvalidIdentifierError("$.identifiers", f"must have at most {MAX_COUNT} entries")
        return [self._entry(entry, f"$.identifiers[{index}]") for index, entry in enumerate(listed)]

    def _entry(self, entry: Any, path: str) -> str:
        if not isinstance(entry, dict):
            raise InvalidIdentifierError(path, "must be {type, value}")
        kind = entry.get("type")
        if not isinstance(kind, str) or kind not in _RANK:
            raise InvalidIdentifierError(f"{path}.type", f"must be one of {', '.join(KINDS)}")
        return self.normalised(kind, entry.get("value"), f"{path}.value")


def phone_digits(text: str) -> str:
    """Give the digits of a phone number in ASCII; a leading + or 00 becomes +."""
    digits = "".join(str(decimal(sign)) for sign in text if sign.isdecimal())
    if text.lstrip()[:1] in {"+", "\uff0b"}:
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def split_pair_member(value: Any) -> tuple[str, str]:
    """Give kind and value of "kind:value" or {type, value}, already validated."""
    if isinstance(value, str):
        kind, _, rest = value.partition(":")
        return kind, rest
    return value["type"], value["value"]
