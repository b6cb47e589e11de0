"""Pseudonyms: personal identifiers as keyed hashes, so that nothing that is stored or logged names a person.

What comes in: normalised identifiers, and values that may hold personal fields. What goes out: the same with
`email:k1:<32 hex>` in their place. Without the key nobody can go back or try values out.
"""

import hmac
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from pipeline.core.canonical import text_of
from pipeline.core.identifiers import MAX_LENGTH, PERSONAL, Identifiers, InvalidIdentifierError

_HEX_DIGITS: Final = 32

Pseudonym = Callable[[str], str]
"""Takes "email:ada@example.com", gives "email:k1:<32 hex>"."""


def pseudonyms(key: bytes, key_id: str, remembered: int = 65_536) -> Pseudonym:
    """Give the function that hashes: 128 bits of HMAC-SHA256 over the value; the latest are remembered."""

    @lru_cache(maxsize=remembered)
    def pseudonym(identifier: str) -> str:
        kind, _, value = identifier.partition(":")
        return f"{kind}:{key_id}:{hmac.digest(key, value.encode(), 'sha256').hex()[:_HEX_DIGITS]}"

    return pseudonym


def names_personal(text: str) -> bool:
    """Tell whether canonical JSON text may have a member called email or phone, at any depth."""
    return '"email":' in text or '"phone":' in text


def redacted(value: Any, pseudonym: Pseudonym, identifiers: Identifiers) -> Any:
    """Give the value with every member called email or phone hashed; blocked values are no secret and stay."""
    if isinstance(value, list):
        return [redacted(child, pseudonym, identifiers) for child in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _hashed(name, child, pseudonym, identifiers)
        if name in PERSONAL
        else redacted(child, pseudonym, identifiers)
        for name, child in value.items()
    }


def _hashed(kind: str, value: Any, pseudonym: Pseudonym, identifiers: Identifiers) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [_hashed(kind, child, pseudonym, identifiers) for child in value]
    if not isinstance(value, str):
        return pseudonym(f"{kind}:{_short(text_of(value))}")
    if identifiers.is_blocked(value):
        return value
    try:
        identifier = identifiers.normalised(kind, value, "$")
    except InvalidIdentifierError:
        return pseudonym(f"{kind}:{_short(value)}")
    return pseudonym(identifier) if identifier else value


def _short(text: str) -> str:
    """Give the text, or what stands for a long one: what is remembered must stay small."""
    return text if len(text) <= MAX_LENGTH else sha256(text.encode()).hexdigest()
