"""Bad records: for each reason of a rejection, ways to earn it.

What comes in: a sound envelope to spoil. What goes out: a record that must be refused with exactly that reason.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

import msgspec

from pipeline.core.interaction import Reason
from pipeline.emit.key import WEB, key_of
from pipeline.local.demo.catalogue import PRODUCTS, Json
from pipeline.local.demo.record import DemoRecord, rfc3339
from pipeline.local.demo.script import DAY

Headers = tuple[tuple[str, bytes], ...]
Spoil = Callable[[Json], Json | bytes | tuple[bytes, Headers]]

_encode: Final = msgspec.json.Encoder().encode


def _sound(rng: Random, number: int, end_ms: int) -> Json:
    """Give an envelope that would be accepted as it is."""
    return {
        "id": f"bad-{number:05}",
        "source": rng.choice(("storefront-web", "storefront-app")),
        "type": "product_viewed",
        "time": rfc3339(end_ms - int(rng.random() * 14 * DAY)),
        "channel": "web",
        "anonymous_id": f"a-bad-{number % 97}",
        "data": {"product_id": rng.choice(PRODUCTS).id},
    }


def _without(*names: str) -> Spoil:
    return lambda sound: {name: value for name, value in sound.items() if name not in names}


def _with(**members: object) -> Spoil:
    return lambda sound: {**sound, **members}


def _data(type_: str, **data: object) -> Spoil:
    return _with(type=type_, data=data)


def _nested(sound: Json) -> bytes:
    return _encode(sound)[:-1] + b',"deep":' + b"[" * 10_000 + b"]" * 10_000 + b"}"


def _batch(sound: Json) -> tuple[bytes, Headers]:
    """Give a batch of CloudEvents, which nobody reads."""
    event = {"specversion": "1.0", **sound}
    return _encode([event, event]), (("content-type", b"application/cloudevents-batch+json"),)


def _huge(sound: Json) -> bytes:
    return _encode({**sound, "data": {**sound["data"], "note": "ไม่มีที่สิ้นสุด " * 32_000}})


_MONEY: Final = {"amount": 100, "currency": "EUR"}

SPOILED: Final[Mapping[Reason, tuple[Spoil, ...]]] = {
    "too_large": (_huge,),
    "unreadable": (
        lambda _: b"\xff\xfe\x00 not text",
        lambda sound: _encode(sound)[:-9],
        lambda sound: _encode([sound]),
        lambda sound: _encode(sound)[:-1] + b',"weight":NaN}',
        lambda sound: _encode(sound)[:-1] + b',"title":"\\ud800"}',
        lambda sound: _encode(sound)[:-2] + b',"weight":' + b"9" * 5000 + b"}}",
        lambda _: b"",
        _nested,
        _batch,
    ),
    "missing_field": tuple(_without(name) for name in ("id", "source", "type", "channel", "time")),
    "invalid_field": (
        _with(channel="fax"),
        _with(id="x" * 129),
        _with(source=""),
        _with(context=["de"]),
        _with(id="bad\u202eid"),
    ),
    "unknown_type": (_with(type="product_licked"), _with(type="com.example.shop.ProductViewed")),
    "unknown_schema": (_with(schema="product_viewed/9-0-0"), _with(schema="newest")),
    "bad_time": (
        _with(time="yesterday"),
        _with(time="2026-03-01T10:00:00"),
        _with(time=-5),
        _with(sent_at="soon"),
    ),
    "invalid_data": (
        _data("product_viewed"),
        _data("products_searched", query="مرحبا", results_count=-1),
        _data("checkout_started", cart_id="K1", value={"amount": -5, "currency": "EUR"}),
        _data("checkout_started", cart_id="K1", value={"amount": 5, "currency": "ZZZ"}),
        _data("order_completed", order_id="O1", total=_MONEY, revenue=_MONEY, products=[]),
        _data("checkout_started", cart_id="null", value=_MONEY),
    ),
    "invalid_identifiers": (
        _with(identifiers=[{"type": "passport", "value": "N-1"}]),
        _with(identifiers=[{"type": "device", "value": "d" * 100_000}]),
        _with(identifiers={"customer": "42"}),
    ),
    "no_identifier": (_with(anonymous_id="guest"), _with(anonymous_id="00000000"), _without("anonymous_id")),
    "no_consent": (_with(consent=[]), _with(consent=["functional", "sharing"])),
}
"""Reason → ways to earn it, for all but the two that depend on the clock."""

RARE: Final = 3
"""Records that are too large: each is a megabyte."""


def bad_records(rng: Random, count: int, end_ms: int) -> list[tuple[Reason, DemoRecord]]:
    """Give `count` bad records, every reason in turn."""
    reasons: list[Reason] = [*SPOILED, "future", "too_old"]
    found: list[tuple[Reason, DemoRecord]] = []
    for number in range(count):
        reason = reasons[number % len(reasons)]
        if reason == "too_large" and number >= RARE * len(reasons):
            reason = "invalid_data"
        sound = _sound(rng, number, end_ms)
        key = key_of(sound)
        ways = SPOILED.get(reason) or _out_of_time(rng, reason, end_ms)
        spoiled = ways[number // len(reasons) % len(ways)](sound)
        value, headers = spoiled if isinstance(spoiled, tuple) else (spoiled, ())
        if not isinstance(value, bytes):
            value = _encode(value)
        found.append((reason, DemoRecord(WEB, key, value, headers)))
    return found


def _out_of_time(rng: Random, reason: Reason, end_ms: int) -> tuple[Spoil, ...]:
    far = int(rng.random() * 200 * DAY)
    at = end_ms + 300 * DAY + far if reason == "future" else end_ms - 120 * DAY - far
    return (_with(time=rfc3339(at)),)
