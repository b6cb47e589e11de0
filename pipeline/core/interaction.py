"""An interaction: one thing a customer did or had done to them, as admission normalised it.

What comes in: nothing; this module only names things. What goes out: the value that every later step reads.
"""

from typing import Any, Final, Literal

import msgspec

Channel = Literal[
    "web", "app", "store", "phone", "email", "chat", "sms", "social", "mail", "survey", "system"
]

Reason = Literal[
    "too_large",
    "unreadable",
    "missing_field",
    "invalid_field",
    "unknown_type",
    "unknown_schema",
    "bad_time",
    "invalid_data",
    "invalid_identifiers",
    "no_identifier",
    "no_consent",
    "future",
    "too_old",
]
"""Why a record was refused, in the order in which the reasons are tried; the first failure wins."""

PERSONS: Final = ("customer", "loyalty", "email", "phone")
"""Kinds that name a person, strongest first."""

MACHINES: Final = ("device", "anonymous")
"""Kinds that name a machine, strongest first."""

THINGS: Final = (
    "order",
    "invoice",
    "subscription",
    "shipment",
    "ticket",
    "contact",
    "conversation",
    "checkout",
    "cart",
    "survey",
)
"""Kinds that name something that belongs to a person, strongest first; their ids are the correlation ids."""

KINDS: Final = (*PERSONS, *MACHINES, *THINGS)

_object: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Interaction(msgspec.Struct, frozen=True, gc=False):
    """One accepted interaction. All times are milliseconds since 1970-01-01 UTC.

    Identifiers are "kind:value", normalised, personal ones hashed, in the order persons, machines,
    things, each strongest first; within a kind in the order in which they were given, without repeats.
    Correlation ids, from the top level or from data, are among them.
    """

    id: str
    source: str
    type: str
    schema: str
    """The schema in force: "<type>/<MODEL-REVISION-ADDITION>"."""
    area: str
    passive: bool
    channel: str
    sent_time: int
    """When it happened, by the sender's clock, as sent."""
    time: int
    """When it happened, corrected for the sender's clock."""
    received: int
    """The broker's append time of the record."""
    identifiers: tuple[str, ...]
    consent: tuple[str, ...] | None
    context_json: str
    """Canonical JSON text of the context, "" where there is none."""
    data_json: str
    """Canonical JSON text of data, with unknown fields; "" stands for "{}"."""
    hash: int
    """First 64 bits of the SHA-256 of the normalised record's canonical JSON (RFC 8785), big-endian."""

    @property
    def context(self) -> dict[str, Any]:
        """The context; read anew each time."""
        return _object(self.context_json) if self.context_json else {}

    @property
    def data(self) -> dict[str, Any]:
        """The data; read anew each time."""
        return _object(self.data_json) if self.data_json else {}


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """Why a record was refused. Never holds the value of a personal field."""

    reason: Reason
    path: str
    """JSON path of the fault, such as "$.data.rating"; "$" where the whole record is at fault."""
    detail: str
    """One sentence that names the offending key and what is allowed."""
    source: str = ""
    type: str = ""
    id: str = ""
