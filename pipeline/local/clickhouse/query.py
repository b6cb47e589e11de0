"""A query as the native protocol sends it, with its settings and parameters.

What comes in: an inbox behind a query packet's number. What goes out: a Query.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pipeline.local.clickhouse.sql import unquote
from pipeline.local.clickhouse.wire import Inbox


class Query(NamedTuple):
    """One query of one client."""

    text: str
    compressed: bool
    """Whether blocks go compressed, both ways."""
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    """By name, each as the engine wants it: escaped as in a tab-separated file."""


def read_query(inbox: Inbox) -> Query:
    """Read a query. Raises ProtocolError, EOFError."""
    inbox.bytes()  # its id
    if inbox.byte():
        _skip_client(inbox)
    settings = _pairs(inbox)
    inbox.bytes()  # a secret between servers
    inbox.varint()  # the stage: always complete
    compressed = bool(inbox.varint())
    text = inbox.string()
    parameters = {name: _parameter(value) for name, value in _pairs(inbox).items()}
    return Query(text, compressed, settings, parameters)


def _parameter(value: str) -> str:
    """A parameter comes as a quoted literal; what is within the quotes is escaped once more, as the engine wants it."""
    return unquote(value) if value[:1] == "'" else value


def _pairs(inbox: Inbox) -> dict[str, str]:
    pairs = {}
    while name := inbox.string():
        inbox.varint()  # flags
        pairs[name] = inbox.string()
    return pairs


def _skip_client(inbox: Inbox) -> None:
    """What the client says of itself: names, versions, a trace."""
    for _ in range(3):
        inbox.bytes()  # first user, first query, first address
    inbox.take(8 + 1)  # its start, and the interface
    for _ in range(3):
        inbox.bytes()  # the system's user, its host, its name
    for _ in range(3):
        inbox.varint()  # version and revision
    inbox.bytes()  # a quota key
    inbox.varint()  # depth
    inbox.varint()  # patch
    if inbox.byte():
        inbox.take(24)
        inbox.bytes()
        inbox.take(1)
    for _ in range(3):
        inbox.varint()  # replicas
