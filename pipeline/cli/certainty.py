"""How sure it is that an interaction is a customer's: the way from the identifier that it reached first.

What comes in: a customer. What goes out: for each interaction of theirs a short word group; "" where the archive has none of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pipeline.cli.explained import Record, sharing
from pipeline.cli.reading import Read, sql_of
from pipeline.core.interaction import KINDS
from pipeline.core.message import Ref

OWN: Final = "own id"
SHARED: Final = "shared machine"
LEGEND: Final = (
    f"{OWN}: the interaction names the customer; link x3: by links, the weakest of which 3 interactions show;"
    f" {SHARED}: of several people on it, the customer was seen around this"
)


def certainty(customer: str, since: datetime, until: datetime, read: Read) -> dict[Ref, str]:
    """Give how sure each interaction of a customer between two times is theirs."""
    span = {"customer": customer, "since": _plain(since), "until": _plain(until)}
    reached = {(row["source"], row["id"]): row["anchors"] for row in read(sql_of("reached"), span).records()}
    anchors = sorted({anchor for some in reached.values() for anchor in some} - {customer})
    links: list[Record] = []
    if anchors:
        links = read(sql_of("chain"), {"identifiers": anchors, "kinds": list(KINDS)}).records()
    shared = sharing(links)
    told = {anchor: _by(anchor, customer, links, shared) for anchor in anchors} | {customer: OWN}
    return {ref: _surest([told[anchor] for anchor in some]) for ref, some in reached.items()}


def _by(anchor: str, customer: str, links: Sequence[Record], shared: set[str]) -> str:
    """Follow live links, the one with most evidence first, and tell the weakest of them."""
    weakest = _weakest(anchor, customer, links, shared)
    if weakest is None:
        return ""
    return f"link x{weakest}" if weakest else SHARED


def _weakest(identifier: str, customer: str, links: Sequence[Record], shared: set[str]) -> int | None:
    """Give the least evidence on the best way to the customer; 0 by a shared machine, None where there is no way."""
    if identifier == customer:
        return _ENDLESS
    if identifier in shared:
        return 0
    ways = [
        min(int(link["evidence"]), rest)
        for link in links
        if link["from_identifier"] == identifier and link["state"] == "live"
        if (rest := _weakest(link["to_identifier"], customer, links, shared)) is not None
    ]
    return max(ways, default=None)


_ENDLESS: Final = 2**32


def _surest(told: Sequence[str]) -> str:
    """Of the ways of several copies, the surest."""
    return min(told, key=lambda words: (words != OWN, words == SHARED, words == ""), default="")


def _plain(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3]
