"""Contacts: where one starts, and whether it repeats an earlier one (domain.md, sections 5 and 6)."""

from collections.abc import Iterable, Mapping

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
        self._known: dict[str, Observed] = {}
        """Contact or conversation → the first start that carried it."""

    def is_start(self, observed: Observed) -> bool:
        """Hear a step: a ticket that carries the contact or conversation of an earlier start is part of that contact."""
        if not starts_contact(observed):
            return False
        carried = [thing for thing in observed.things if thing.startswith(_MATTER)]
        if observed.type == "ticket_created" and not self._known.keys().isdisjoint(carried):
            return False
        for thing in carried:
            self._known.setdefault(thing, observed)
        return True

    def forget(self, steps: Iterable[Step]) -> None:
        """Go back to before these steps, the last ones."""
        for step in steps:
            if step.contact:
                for thing in step.observed.things:
                    if self._known.get(thing) is step.observed:
                        del self._known[thing]


class Repeats:
    """Starts with an earlier start about the same matter within reach."""

    __slots__ = ("_carried", "_contacts", "_last", "_meaning", "_order_of", "_starts", "found")

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._order_of: dict[str, str] = {}
        """Thing → the order with which it first appears together, completed or not: what a contact may be about."""
        self._contacts = Contacts()
        self._starts: list[Step] = []
        self._carried: set[str] = set()
        """Things of all starts."""
        self._begin()

    def _begin(self) -> None:
        self.found: list[Step] = []
        self._last: dict[str, int] = {}
        """Matter → when it last was a contact's."""

    def learn(self, observed: Observed) -> bool:
        """Note with which order things appear in an interaction later than all others; True if a contact is about it."""
        order, things = observed.things[0], observed.things[1:]
        if not order.startswith("order:"):
            return False
        fresh = [thing for thing in things if thing not in self._order_of]
        if not fresh:
            return False
        self._order_of.update(dict.fromkeys(fresh, order))
        if self._carried.isdisjoint(fresh):
            return False
        self._begin()
        for start in self._starts:
            self._see(start)
        return True

    def hear(self, step: Step) -> bool:
        """Hear what may start a contact, later than all others; True if that is a repeat."""
        if not self._contacts.is_start(step.observed):
            return False
        self._starts.append(step)
        self._carried.update(step.observed.things)
        return self._see(step)

    def _see(self, step: Step) -> bool:
        observed, last = step.observed, self._last
        matters = matters_of(observed, self._order_of)
        earlier = max((last[matter] for matter in matters if matter in last), default=None)
        repeats = earlier is not None and observed.time - earlier <= self._meaning.repeat_reach
        if repeats:
            self.found.append(step)
        last.update(dict.fromkeys(matters, observed.time))
        return repeats


def matters_of(observed: Observed, order_of: Mapping[str, str]) -> set[str]:
    """Give what a contact is about: its reason, and the orders that it belongs to."""
    orders = {thing for thing in observed.things if thing.startswith("order:")}
    matters = orders | {order_of.get(thing, "") for thing in observed.things if thing not in orders}
    reason = observed.facts.get("reason_code")
    return (matters | {f"reason:{reason}" if reason else ""}) - {""}
