"""One setting's value: from text or TOML to its type, and back to what a person may see.

What comes in: a declared type and a raw value. What goes out: the typed value, or `ValueError` with what is allowed.
"""

import math
import re
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import inspect

NONE: Final = frozenset({"none", "pass", ""})
"""Words for "no value", in any case, where a setting may have none."""


_PORT: Final = r"([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
_BROKER: Final = rf"(\[[0-9A-Fa-f:.]+\]|[\w.-]+):{_PORT}"
BROKERS: Final = rf"^{_BROKER}(,\s*{_BROKER})*$"
"""Addresses of brokers; a user and a password have settings of their own."""
_LOGIN: Final = re.compile(r"[^\s:@]+:[^\s@]*@")


class Secret:
    """A text that never shows itself; `reveal` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for the one call that needs it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "***" if self._text else "''"


class SettingsError(Exception):
    """Settings that are unknown, wrong or missing; `faults` has a line for each."""

    exit_code = 2

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def convert(raw: object, declared: Any) -> Any:
    """The value of a setting of a declared type.

    Text is read as the type wants it: numbers, true or false, lists with commas between, none for no value.

    Raises:
        ValueError: the value is not allowed.
    """
    kind = inspect.type_info(declared)
    if isinstance(raw, str):
        raw = _from_text(raw.strip(), _unwrap(kind))
    try:
        value = msgspec.convert(raw, declared, strict=False, dec_hook=_custom)
    except msgspec.ValidationError:
        raise ValueError(allowed(declared)) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(allowed(declared))
    return value


def _from_text(text: str, kind: inspect.Type) -> object:
    if isinstance(kind, inspect.UnionType) and text.lower() in NONE:
        return None
    if isinstance(kind, inspect.VarTupleType):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _custom(declared: type, raw: object) -> object:
    if isinstance(raw, str) and (declared is Secret or raw):
        return declared(raw)
    raise msgspec.ValidationError("text is wanted")


def allowed(declared: Any) -> str:
    """What a setting of this type may be, in words; a pattern has its words in `Meta(extra={"allowed": …})`."""
    return _words(inspect.type_info(declared))


def _unwrap(kind: inspect.Type) -> inspect.Type:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind


def _words(kind: inspect.Type) -> str:  # noqa: PLR0911 - one line for each kind of setting
    match kind:
        case inspect.Metadata(type=bare, extra=extra):
            return str((extra or {}).get("allowed") or _words(bare))
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            return _number(kind)
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(map(str, values))
        case inspect.StrType():
            return "text"
        case inspect.VarTupleType(item_type=item):
            return f"a list, in the environment with commas between, of {_words(item)}"
        case inspect.UnionType(types=types):
            words = [_words(one) for one in types if not isinstance(one, inspect.NoneType)]
            return f"{' or '.join(words)}; or none"
        case inspect.CustomType(cls=cls):
            return "a path" if issubclass(cls, Path) else "text"
    raise TypeError(f"a setting cannot be a {kind}")


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    words = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    if kind.ge is not None:
        words += f" from {kind.ge}"
    if kind.gt is not None:
        words += f" greater than {kind.gt}"
    if kind.le is not None:
        words += f" to {kind.le}"
    return words


def shown(value: object) -> str:
    """A value as a person may see it, in the words that `convert` takes; a secret is masked."""
    match value:
        case None:
            return "none"
        case "":
            return "''"
        case bool():
            return str(value).lower()
        case str() if _LOGIN.search(value):
            return _LOGIN.sub("***@", value)
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)


def masked(name: str) -> bool:
    """Whether a setting of this name, known or not, may hold a secret."""
    return re.search(r"pass|secret|token|key$", name, re.IGNORECASE) is not None
