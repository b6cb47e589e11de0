"""Bindings: the things by which an interaction can join a journey (domain.md, section 5)."""

from collections.abc import Iterable
from typing import Final

from pipeline.core.message import Observed

_BINDING: Final = ("order:", "invoice:", "shipment:", "ticket:", "contact:", "conversation:", "survey:")
_UNBOUND: Final = frozenset({"subscription", "checkout", "cart"})
"""Kinds of things by which a step joins a journey. A subscription outlives it; carts and checkouts precede it."""


def bindings(observed: Observed) -> tuple[str, ...]:
    """Give the things by which it can join a journey, strongest first; what a survey is about comes last."""
    things, facts = observed.things, observed.facts
    found = tuple([thing for thing in things if thing.startswith(_BINDING)]) if things else ()
    about = facts.get("about_id") if facts else None
    if about and observed.facts.get("about_type") not in _UNBOUND:
        thing = f"{observed.facts.get('about_type')}:{about}"
        if thing not in found:
            return (*found, thing)
    return found


def order_of(things: Iterable[str]) -> str:
    """Give the first order among the things, or ""."""
    for thing in things:
        if thing.startswith("order:"):
            return thing
    return ""
