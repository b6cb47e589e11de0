"""CloudEvents 1.0 over Kafka: attributes and extensions as members of an envelope.

What comes in: headers, and the decoded body. What goes out: members as in flat JSON. Names of attributes have
no underscores in CloudEvents, so both `customerid` and `customer_id` are read. In headers, lists and objects are
JSON text, and consent may be a list with commas.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

from pipeline.core.canonical import BROKEN, decode
from pipeline.core.identifiers import SHORTHANDS
from pipeline.core.interaction import Reason, Rejection

_FIELDS: Final = (
    *(
        "id",
        "source",
        "type",
        "schema",
        "time",
        "sent_at",
        "channel",
        "identifiers",
        "context",
        "consent",
        "data",
    ),
    *SHORTHANDS,
)
_NAMES: Final = {field.replace("_", ""): field for field in _FIELDS} | {field: field for field in _FIELDS}
_CLOCKS: Final = frozenset({"time", "sent_at"})
_NATIVE: Final = _CLOCKS | {"identifiers", "context", "consent"}
_STRUCTURED: Final = "application/cloudevents"


Mode = Literal["flat", "binary", "structured"]
"""How a record is sent."""


class MalformedEventError(ValueError):
    """A CloudEvent is broken in itself."""

    def __init__(self, reason: Reason, path: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.path = path
        self.detail = detail


def mode_of(headers: Sequence[tuple[str, bytes]]) -> Mode | Rejection:
    """Tell how a record is sent, by its headers; a Rejection for what cannot be told or is no JSON."""
    media = ""
    binary = False
    for name, value in headers:
        if name[:3] == "ce_":
            binary = True
        elif name.lower() == "content-type":
            media = _media(bytes(value or b""))
    structured = media.startswith(_STRUCTURED)
    if structured and binary:
        return _unreadable("The record must be a CloudEvent in binary or in structured mode, not in both.")
    if structured and media != f"{_STRUCTURED}+json":
        return _unreadable(
            "The content type must be application/cloudevents+json; batches and other formats are not read."
        )
    if structured:
        return "structured"
    if binary and media and not _is_json(media):
        return _unreadable("The content type of data must be application/json.")
    return "binary" if binary else "flat"


@lru_cache(maxsize=256)
def _media(content_type: bytes) -> str:
    return content_type.decode("latin-1").partition(";")[0].strip().lower()


def from_binary(headers: Sequence[tuple[str, bytes]], body: Any) -> dict[str, Any]:
    """Give the members of an event whose attributes are headers. Raises MalformedEventError."""
    try:
        attributes = {name[3:]: value.decode() for name, value in headers if name[:3] == "ce_"}
    except (AttributeError, UnicodeDecodeError):  # a null, or what is no UTF-8
        attributes = {name[3:]: _header_text(name, value) for name, value in headers if name[:3] == "ce_"}
    members = _members(attributes)
    members["data"] = body
    return members


def from_structured(event: Any) -> dict[str, Any]:
    """Give the members of an event that is one JSON object. Raises MalformedEventError."""
    if not isinstance(event, dict):
        raise MalformedEventError("unreadable", "$", "The record must be one JSON object.")
    media = event.get("datacontenttype")
    if media is not None and not (
        isinstance(media, str) and _is_json(media.partition(";")[0].strip().lower())
    ):
        raise MalformedEventError(
            "unreadable", "$.datacontenttype", "datacontenttype must be application/json."
        )
    if event.get("data_base64") is not None:
        raise MalformedEventError(
            "unreadable", "$.data_base64", "data_base64 is not read; send data as JSON."
        )
    return _members(event)


def _members(attributes: Mapping[str, Any]) -> dict[str, Any]:
    version = attributes.get("specversion")
    if version is None:
        raise MalformedEventError(
            "missing_field", "$.specversion", "specversion is required in a CloudEvent."
        )
    if version != "1.0":
        raise MalformedEventError("invalid_field", "$.specversion", "specversion must be 1.0.")
    members = {}
    for name, value in attributes.items():
        field = _NAMES.get(name)
        if field is not None:
            members[field] = _native(field, value) if field in _NATIVE and type(value) is str else value
    schema = attributes.get("dataschema")
    if schema is not None:
        members["schema"] = schema
    return members


def _native(name: str, text: str) -> Any:
    """Give what a text stands for, where CloudEvents leaves an extension no other form than text."""
    if name in _CLOCKS:
        is_number = text.isascii() and text.isdigit() and len(text) <= len("5662310399999")
        return int(text) if is_number else text
    if name == "consent" and not text.lstrip().startswith("["):
        return [purpose.strip() for purpose in text.split(",") if purpose.strip()]
    try:
        return decode(text)
    except BROKEN:
        return text


def _header_text(name: str, value: bytes | None) -> str:
    try:
        return value.decode() if value else ""
    except UnicodeDecodeError as error:
        path = f"$.{name.removeprefix('ce_')}"
        raise MalformedEventError("unreadable", path, f"Header {name} must be valid UTF-8.") from error


def _is_json(media: str) -> bool:
    return media in {"application/json", "text/json"} or media.endswith("+json")


def _unreadable(detail: str) -> Rejection:
    return Rejection("unreadable", "$", detail)
