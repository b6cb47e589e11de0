"""Canonical JSON (RFC 8785): equal values have equal text, whoever wrote them.

What comes in: JSON bytes. What goes out: plain values, and their canonical text. Integers up to 64 bit keep all
their digits, also beyond 2^53 where RFC 8785 does not speak; larger numbers are refused.
"""

import re
from decimal import Decimal
from typing import Any, Final

import msgspec

MAX_DEPTH: Final = 256
"""Levels of nesting. A fixed limit, since Python's own depends on the depth of the caller."""

_EXACT: Final = 2**53
_LARGEST: Final = 2**64 - 1
_SMALLEST: Final = -(2**63)
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")
_LONG: Final = b"0" * 19
_TINY: Final = re.compile(r"[0-9]e-6(?:[,\]}]|\Z)").search
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]").search
_STRINGS: Final = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"(:?)').findall
"""Gives each string of a JSON text, and the colon after it if it is a name. Takes time in proportion to the text."""
_encode: Final = msgspec.json.Encoder(order="sorted").encode
_encode_as_given: Final = msgspec.json.Encoder().encode


class NumberTooLargeError(ValueError):
    """A number does not fit into 64 bits."""

    def __init__(self) -> None:
        super().__init__("a number is beyond 64 bits")


def number(literal: str) -> int | float:
    """Read a number with a point or an exponent: 2.0 is 2, as in JSON Schema and RFC 8785.

    Raises NumberTooLargeError for what no 64-bit integer comes near.
    """
    value = float(literal)
    if not _SMALLEST <= value <= _LARGEST:
        raise NumberTooLargeError
    return int(value) if value.is_integer() else value


decode: Final = msgspec.json.Decoder(float_hook=number).decode
"""Decode JSON; of duplicate names the last counts. Raises what BROKEN names."""

BROKEN: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding raises: malformed JSON, invalid UTF-8, numbers beyond 64 bit, bottomless nesting."""


def text_of(value: Any) -> str:
    """Give the canonical text of a value that was decoded with `decode`.

    Raises NumberTooLargeError.
    """
    encoded = _encode(value)
    if encoded.translate(_DIGITS).find(_LONG) >= 0 and not _fits(value):
        raise NumberTooLargeError
    text = encoded.decode()
    if "e-6" in text or not text.isascii():
        return _rewritten_text(value, text)
    return text


def _rewritten_text(value: Any, text: str) -> str:
    """Correct the text where msgspec differs: tiny numbers, and members whose names need surrogates in UTF-16."""
    if _TINY(text) or (_ASTRAL(text) and any(colon and _ASTRAL(name) for name, colon in _STRINGS(text))):
        return _encode_as_given(_rewritten(value)).decode()
    return text


def depth_exceeds(value: Any, limit: int = MAX_DEPTH) -> bool:
    """Tell whether a value is nested deeper than `limit` levels."""
    level = [value]
    for _ in range(limit):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return any(isinstance(node, dict | list) for node in level)


def _children(node: Any) -> Any:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _fits(value: Any) -> bool:
    if isinstance(value, int):
        return _SMALLEST <= value <= _LARGEST
    return all(_fits(child) for child in _children(value))


def _rewritten(value: Any) -> Any:
    """Give the value with members in UTF-16 order and small numbers as ECMAScript writes them."""
    if isinstance(value, dict):
        members = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _rewritten(value[name]) for name in members}
    if isinstance(value, list):
        return [_rewritten(child) for child in value]
    if isinstance(value, float) and 1e-6 <= abs(value) < 1e-5:  # noqa: PLR2004 - where msgspec and ECMAScript differ
        return msgspec.Raw(format(Decimal(repr(value)), "f").encode())
    return value
