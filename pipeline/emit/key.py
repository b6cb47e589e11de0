"""Where a record goes: its topic by its source, its partition key by its strongest identifier.

What comes in: the members of an envelope, as a producer has them. What goes out: names and bytes. The key only keeps
one customer's records of a topic in one partition; correctness never depends on it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.core.interaction import KINDS

WEB: Final = "interactions.web"
SUPPORT: Final = "interactions.support"
BACKOFFICE: Final = "interactions.backoffice"

_SUPPORT: Final = frozenset({"helpdesk", "contact-centre", "survey"})
_PERSONAL: Final = frozenset({"email", "phone"})
_FIELDS: Final = tuple(
    (kind, kind, kind) if kind in _PERSONAL else (kind, f"{kind}_id", f"{kind}id") for kind in KINDS
)
"""Kind, its field, and its name as an attribute of a CloudEvent."""
_RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}


def topic_of(source: str, topics: Sequence[str] = (WEB, SUPPORT, BACKOFFICE)) -> str:
    """Give the topic of a source; the first topic where its own is not among them."""
    known = SUPPORT if source in _SUPPORT else BACKOFFICE
    topic = WEB if source.startswith("storefront-") else known
    return topic if topic in topics else topics[0]


def key_of(envelope: Mapping[str, Any]) -> bytes:
    """Give the partition key: the strongest identifier, else the source.

    A value that names a person is hashed, since keys are copied to places where values are not. The hash has no
    secret: whoever can read the key can read the record.
    """
    data = envelope.get("data")
    fields = data if isinstance(data, Mapping) else {}
    listed = _listed(envelope.get("identifiers"))
    for kind, field, alias in _FIELDS:
        value = envelope.get(field) or envelope.get(alias) or listed.get(kind)
        if value is None and kind not in _PERSONAL:
            value = fields.get(field)
        if isinstance(value, str) and value:
            return _key(kind, value.strip())
    return str(envelope.get("source", "")).encode("utf-8", "replace")


def _key(kind: str, value: str) -> bytes:
    if kind in _PERSONAL:
        value = hashlib.sha256(value.lower().encode("utf-8", "replace")).hexdigest()[:16]
    return f"{kind}:{value}".encode("utf-8", "replace")


def _listed(identifiers: Any) -> dict[str, str]:
    """Give the first value of each kind in a list of {type, value}."""
    found: dict[str, str] = {}
    for entry in identifiers if isinstance(identifiers, list) else ():
        if isinstance(entry, Mapping) and entry.get("type") in _RANK:
            found.setdefault(entry["type"], entry.get("value", ""))
    return found
