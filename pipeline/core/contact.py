"""Contacts: where one starts, and whether it repeats an earlier one (domain.md, sections 5 and 6)."""

from collections.abc import Iterator, Mapping, Sequence

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

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: set[str] = set()
        """Contacts and conversations that a start carried."""

    def is_start(self, observed: Observed) -> bool:
        """Hear a step: a ticket that carries the contact or conversation of an earlier start is part of that contact."""
        if not starts_contact(observed):
            return False
        carried = {thing for thing in observed.things if thing.startswith(_MATTER)}
        if observed.type == "ticket_created" and not carried.isdisjoint(self._known):
            return False
        self._known |= carried
        return True


def repeats(steps: Sequence[Step], order_of: Mapping[str, str], meaning: Meaning) -> Iterator[Step]:
    """Give the starts with an earlier start about the same matter within reach."""
    contacts, last = Contacts(), dict[str, int]()
    for step in steps:
        observed = step.observed
        if not contacts.is_start(observed):
            continue
        matters = matters_of(observed, order_of)
        earlier = [last[matter] for matter in matters if matter in last]
        if earlier and observed.time - max(earlier) <= meaning.repeat_reach:
            yield step
        last.update(dict.fromkeys(matters, observed.time))


def matters_of(observed: Observed, order_of: Mapping[str, str]) -> set[str]:
    """Give what a contact is about: its reason, and the orders that it belongs to."""
    orders = {thing for thing in observed.things if thing.startswith("order:")}
    matters = orders | {order_of.get(thing, "") for thing in observed.things if thing not in orders}
    reason = observed.facts.get("reason_code")
    return (matters | {f"reason:{reason}" if reason else ""}) - {""}
