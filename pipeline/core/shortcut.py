"""The shortcut: nearly every record is sound and in a usual form, and takes all steps of steps.py in one breath.

What comes in: what the steps take. What goes out: the Interaction that they would give, or nothing where they must look, since
the shortcut knows no reasons. A property test holds the two together.

It is fast because a flat record is decoded once, with context and data in the closed schemas of its type: what is decoded
so is valid, and encodes as canonical JSON without a plain value ever being made of it.
"""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, Union

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import astuple

from pipeline.core.canonical import BROKEN, decode, text_of
from pipeline.core.checks import CONSENT_FREE
from pipeline.core.draft import Terms
from pipeline.core.envelope import DEEP, FIRST_SHORTHAND, Headers, may_be_deep
from pipeline.core.identifiers import Shorthands, all_hashed, is_plain
from pipeline.core.interaction import Interaction
from pipeline.core.moment import is_moment, moment
from pipeline.core.normalised import Normalised
from pipeline.core.pseudonym import names_personal
from pipeline.core.requirement import has_each, has_required_ids, is_passive
from pipeline.core.results import first_64_bits
from pipeline.core.schema import Schema

_BACKSLASH, _DELETE = b"\\\x7f"
_BOUNDLESS: Final = 2**62
_REMEMBERED: Final = 16_384
_BETWEEN: Final = '","'
_encode: Final = msgspec.json.Encoder().encode

Decoded = tuple[Any, Schema, str, Any, Any]
"""The record; the schema to check with, and the name of the one in force; its context: None, canonical text, or what encodes
as such; its data: a plain value, or what encodes as canonical text."""
Sound = tuple[Any, Schema, str, Any, Any, int, int, int, tuple[str, ...], bool]
"""The same, and time as sent, time, received, identifiers, and whether no text needs an escape in JSON."""


class UnusualError(ValueError):
    """The steps must look at this record."""


class Shortcut:
    """Judges sound records in a usual form."""

    __slots__ = ("_future", "_hashed", "_horizon", "_most", "_schemas", "_terms", "_whole")

    def __init__(self, terms: Terms) -> None:
        rules = terms.rules
        self._terms = terms
        self._hashed = lru_cache(maxsize=_REMEMBERED)(self._hash)
        self._most, self._future, self._horizon = (
            _BOUNDLESS if bound is None else bound for bound in (rules.max_bytes, rules.future, rules.horizon)
        )
        self._schemas = terms.reader.schema.records_of(terms.catalogue.newest.values())
        self._whole = msgspec.json.Decoder(Union[tuple(self._schemas)]).decode  # noqa: UP007 - made at run time

    def admit(self, value: bytes, headers: Headers, received: int) -> Interaction | None:
        """Judge one record; None where the steps must look at it."""
        try:
            return _interaction(self.read(value, headers, received))
        except BROKEN:
            return None

    def read(self, value: bytes, headers: Headers, received: int) -> Sound:
        """Decode, validate and normalise; canonical text and hash are still to come. Raises what BROKEN names."""
        if len(value) > self._most:
            raise UnusualError
        record, schema, name, context, data = self._decode(value, headers)
        is_bare = not headers and _BACKSLASH not in value
        if not (
            (is_bare and value.isascii() and _DELETE not in value) or is_plain(record.id + record.source)
        ):
            raise UnusualError
        sent_time = moment(record.time)
        time = sent_time if record.sent_at is None else _corrected(sent_time, record.sent_at, received)
        if (
            sent_time is None
            or time is None
            or not received - self._horizon <= time <= received + self._future
        ):
            raise UnusualError
        given = astuple(record)[FIRST_SHORTHAND:]
        if schema.asks_nothing and record.identifiers is None and type(data) is not dict:
            found = self._hashed(given)
        else:
            found = self._identifiers(record, given, schema, data)
        if not found and schema.area != "source health":
            raise UnusualError
        return record, schema, name, context, data, sent_time, time, received, found, is_bare

    def _hash(self, given: Shorthands) -> tuple[str, ...]:
        """Give the identifiers of the shorthands, personal ones hashed."""
        return all_hashed(self._terms.identifiers.at_top(given), self._terms.pseudonym)

    def _identifiers(self, record: Any, given: Shorthands, schema: Schema, data: Any) -> tuple[str, ...]:
        """Give the identifiers of a record with ids in data or a list, if all are there that must be."""
        identifiers, listed = self._terms.identifiers, record.identifiers
        found = self._hashed(given) if listed is None else identifiers.at_top(given)
        if type(data) is not dict:
            more = self._things(schema, data, found)
        elif has_required_ids(schema, data, record, identifiers):
            more = identifiers.things_in(data)
        else:
            raise UnusualError
        found = identifiers.joined(found, listed, more)
        return found if listed is None else all_hashed(found, self._terms.pseudonym)

    def _things(self, schema: Schema, data: Any, found: tuple[str, ...]) -> tuple[str, ...]:
        """Give the ids in closed data, strongest first."""
        more, normalised = [], self._terms.identifiers.normalised
        for field, kind in schema.things:
            value = getattr(data, field)
            if value is not UNSET and (thing := normalised(kind, value, "$")):
                more.append(thing)
        if not has_each((*more, *found), schema.required_kinds):
            raise UnusualError
        if schema.moments and not all(map(is_moment, _given(data, schema.moments).values())):
            raise UnusualError
        return tuple(more)

    def _decode(self, value: bytes, headers: Headers) -> Decoded:
        """Decode in one go, where type and schema are the newest and no member is unknown; else part by part."""
        if not headers and (len(value) < DEEP or not may_be_deep(value)):
            try:
                record = self._whole(value)
            except msgspec.ValidationError:
                return self._decode_parts(value, headers)
            schema = self._schemas[type(record)]
            name = record.dataschema if record.schema is None else record.schema
            if name is None or name == schema.name:
                return record, schema, schema.name, record.context, record.data
        return self._decode_parts(value, headers)

    def _decode_parts(self, value: bytes, headers: Headers) -> Decoded:
        terms = self._terms
        record = terms.reader.read_usual(value, headers)
        found = terms.catalogue.in_force(
            record.type, record.dataschema if record.schema is None else record.schema
        )
        if found is None or found[0].pair or not is_plain(record.type):
            raise UnusualError
        schema, name = found
        context = record.context and terms.reader.contexts.read(record.context)
        raw = record.data or b"{}"
        try:
            return record, schema, name, context, schema.decode_closed(raw)
        except msgspec.ValidationError:
            return record, schema, name, context, _open_data(schema, raw)


def _corrected(sent_time: int | None, sent_at: Any, received: int) -> int | None:
    """Give the time by the broker's clock; None where there is none since 1970."""
    sent = moment(sent_at)
    if sent_time is None or sent is None:
        return None
    time = min(sent_time + received - sent, received)
    return time if time >= 0 else None


def _given(data: Any, fields: Iterable[str]) -> dict[str, Any]:
    """Give those of the members that are there."""
    given = {field: getattr(data, field, UNSET) for field in fields}
    return {field: value for field, value in given.items() if value is not UNSET}


def _open_data(schema: Schema, raw: Any) -> dict[str, Any]:
    """Decode data that has members of its own, or numbers with a point."""
    data = decode(raw)
    if data is None:
        data = {}
    if type(data) is not dict:
        raise UnusualError
    msgspec.convert(data, schema.shape, dec_hook=schema.dec_hook)
    return data


@lru_cache(maxsize=1024)
def _consent(given: tuple[str, ...], area: str) -> tuple[tuple[str, ...], str]:
    """Give the purposes in order and without repeats, and their JSON text, if they are enough for the area."""
    if "analytics" not in given and area not in CONSENT_FREE:
        raise UnusualError
    purposes = tuple(sorted(set(given)))
    return purposes, _encode(purposes).decode()


def _json_of(value: Any) -> str:
    """Give the canonical text of context or data as `_decode` left them."""
    if type(value) is not dict:
        return _encode(value).decode()
    text = text_of(value)
    if names_personal(text):
        raise UnusualError
    return text


def _interaction(sound: Sound) -> Interaction:
    """Write the canonical texts, hash them, and make the interaction."""
    record, schema, name, context, data, sent_time, time, received, identifiers, is_bare = sound
    id_, source, kind, channel = record.id, record.source, schema.type, record.channel
    consent, granted = None, "null"
    if record.consent is not None:
        consent, granted = _consent(tuple(record.consent), schema.area)
    context_json = context if type(context) is str else "" if context is None else _json_of(context)
    if context_json == "{}":
        context_json = ""
    data_json = _json_of(data)
    passive = schema.passive or channel == "system"
    if schema.may_be_passive and not passive:
        said = data if type(data) is dict else _given(data, schema.passive_when)
        passive = is_passive(schema, said, identifiers)
    if is_bare and identifiers:
        # By hand, in the order of the names: nothing in these texts needs an escape.
        text = (
            f'{{"channel":"{channel}","consent":{granted},"context":{context_json or "{}"},"data":{data_json},'
            f'"id":"{id_}","identifiers":["{_BETWEEN.join(identifiers)}"],"schema":"{name}",'
            f'"source":"{source}","time":{sent_time},"type":"{kind}"}}'
        ).encode()
    else:
        texts = Raw(context_json.encode() or b"{}"), Raw(data_json.encode())
        text = _encode(Normalised(channel, consent, *texts, id_, identifiers, name, source, sent_time, kind))
    hash_ = first_64_bits(sha256(text).digest())[0]
    head = (id_, source, kind, name, schema.area, passive, channel, sent_time, time, received)
    return Interaction(*head, identifiers, consent, context_json, data_json, hash_)
