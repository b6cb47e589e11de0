"""Contacts: where one starts, what it is about, and whether it repeats an earlier one (domain.md, sections 5 and 6)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import Step

_MATTER = ("contact:", "conversation:")


def starts_contact(observed: Observed) -> bool:
    """Whether a contact starts here, unless it is part of an earlier one."""
    if observed.type == "contact_initiated":
        return observed.facts.get("method") not in {"outbound", "transfer"}
    return observed.type in {"conversation_started", "ticket_created"}


class Contacts:
    """Tells starts of contacts, heard in order, from what is part of an earlier contact."""

    __slots__ = ("_starts",)

    def __init__(self) -> None:
        self._starts: dict[str, Observed] = {}
        """Contact or conversation → the first start that carried it."""

    def is_start(self, observed: Observed) -> bool:
        """Hear a step, and tell whether a contact starts here."""
        return self.start_of(observed) is observed

    def start_of(self, observed: Observed) -> Observed | None:
        """Hear a step, and give the start of its contact: a ticket that carries one of an earlier start is part of that."""
        if not starts_contact(observed):
            return None
        carried = [thing for thing in observed.things if thing.startswith(_MATTER)]
        if observed.type == "ticket_created":
            for thing in carried:
                if thing in self._starts:
                    return self._starts[thing]
        for thing in carried:
            self._starts.setdefault(thing, observed)
        return observed


class Contact(NamedTuple):
    """A contact, by its start."""

    start: Step
    about: frozenset[str]
    """Its matters."""
    is_repeat: bool
    """Whether there is an earlier one about the same matter within reach."""


def contacts_of(steps: Iterable[Step], order_of: Mapping[str, str], meaning: Meaning) -> Iterator[Contact]:
    """Give the contacts that start among steps in order; `order_of` says to which order a thing belongs."""
    contacts, last = Contacts(), dict[str, int]()
    for step in steps:
        observed = step.observed
        if not contacts.is_start(observed):
            continue
        about = matters_of(observed, order_of)
        earlier = [last[matter] for matter in about if matter in last]
        yield Contact(step, about, bool(earlier) and observed.time - max(earlier) <= meaning.repeat_reach)
        last.update(dict.fromkeys(about, observed.time))


def matters_of(observed: Observed, order_of: Mapping[str, str]) -> frozenset[str]:
    """Give what it is about: its reason, and the orders that it belongs to. Without either it is about nothing."""
    orders = {thing for thing in observed.things if thing.startswith("order:")}
    matters = orders | {order_of.get(thing, "") for thing in observed.things if thing not in orders}
    reason = observed.facts.get("reason_code")
    return frozenset((matters | {f"reason:{reason}" if reason else ""}) - {""})
