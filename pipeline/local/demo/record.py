"""Demo records: an envelope as Kafka gets it, flat or as a CloudEvent.

What comes in: an envelope whose time is in milliseconds. What goes out: topic, key, value and headers.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, Literal, NamedTuple

import msgspec

from pipeline.emit.key import key_of, topic_of

Form = Literal["flat", "binary", "structured"]

PREFIX: Final = "com.example.shop."
"""CloudEvents ask for reverse-DNS types; the contract drops the prefix."""

_BINARY: Final = (("content-type", b"application/json"), ("ce_specversion", b"1.0"))
_STRUCTURED: Final = (("content-type", b"application/cloudevents+json; charset=utf-8"),)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ZONES: Final = {zone: timezone(timedelta(minutes=zone)) for zone in (0, 120, 210, 240, 420, 540, -300)}
_encode: Final = msgspec.json.Encoder().encode


class DemoRecord(NamedTuple):
    """One Kafka record."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def rfc3339(at: int, offset: int = 0) -> str:
    """Give a moment in milliseconds as RFC 3339 text, with an offset in minutes."""
    moment = _EPOCH + timedelta(milliseconds=at)
    if offset:
        return moment.astimezone(_ZONES[offset]).isoformat(timespec="milliseconds")
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


def record_of(envelope: Mapping[str, Any], form: Form, offset: int = 0) -> DemoRecord:
    """Encode an envelope; clocks become text, except at tills, whose clocks are numbers."""
    source = envelope["source"]
    members = dict(envelope)
    if source != "pos" or form != "flat":
        members["time"] = rfc3339(envelope["time"], offset)
        if "sent_at" in members:
            members["sent_at"] = rfc3339(members["sent_at"])
    topic, key = topic_of(source), key_of(envelope)
    if form == "flat":
        return DemoRecord(topic, key, _encode(members))
    if form == "structured":
        return DemoRecord(topic, key, _encode(_cloudevent(members)), _STRUCTURED)
    data = members.pop("data", {})
    attributes = tuple((f"ce_{name}", _text(value)) for name, value in _attributes(members))
    return DemoRecord(topic, key, _encode(data), _BINARY + attributes)


def _cloudevent(members: Mapping[str, Any]) -> dict[str, Any]:
    data = members.get("data", {})
    attributes = _attributes({name: value for name, value in members.items() if name != "data"})
    return {"specversion": "1.0", **dict(attributes), "datacontenttype": "application/json", "data": data}


def _attributes(members: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Give the members under the names that CloudEvents allow."""
    renamed = {"type": PREFIX + members["type"]}
    return [(name.replace("_", ""), renamed.get(name, value)) for name, value in members.items()]


def _text(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else _encode(value)
