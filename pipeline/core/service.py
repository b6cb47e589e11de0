"""Service: contacts that come again, orders that need one, and tickets that were solved for good (domain.md, sections 5 and 7).

What comes in: starts of contacts and what is told of tickets, in the order of time, and which order a thing belongs to. What
goes out: cases for each contact and each solved ticket; and word to the orders that contacts belong to.
"""

from bisect import bisect_right
from typing import Final

from pipeline.core.case import Cases
from pipeline.core.contact import Contacts, matters_of
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.purchase import Purchases
from pipeline.core.things import things_of

_WISMO: Final = frozenset({"wismo", "where_is_my_order"})
"""Reasons of a contact that asks where an order is."""


class _Ticket:
    """What is known of one."""

    __slots__ = ("contact", "created", "reopened", "solved")

    def __init__(self) -> None:
        self.created: Observed | None = None
        """The first time."""
        self.contact: Observed | None = None
        """The start of the contact that this is part of; itself, where it is one."""
        self.solved: Observed | None = None
        """The first time."""
        self.reopened: list[int] = []


class Service:
    """A customer's contacts and tickets."""

    __slots__ = (
        "_about",
        "_carried",
        "_cases",
        "_contacts",
        "_meaning",
        "_of_talk",
        "_order_of",
        "_purchases",
        "_starts",
        "_tickets",
        "_watching",
    )

    def __init__(self, cases: Cases, purchases: Purchases, meaning: Meaning) -> None:
        self._cases = cases
        self._purchases = purchases
        self._meaning = meaning
        self._contacts = Contacts()
        self._of_talk: dict[str, Observed] = {}
        """Contact or conversation → the first start that carried it."""
        self._starts: list[Observed] = []
        self._tickets: dict[str, _Ticket] = {}
        self._order_of: dict[str, str] = {}
        """Thing → the order with which it first appears together, completed or not."""
        self._carried: set[str] = set()
        """Things of starts and tickets: only what is learned of these says anything new about them."""
        self._forget()

    def _forget(self) -> None:
        self._about: dict[str, list[Observed]] = {}
        """Matter → the contacts about it."""
        self._watching: dict[str, list[str]] = {}
        """Matter → solved tickets about it."""

    def learn(self, observed: Observed) -> None:
        """Note with which order, the first of its things, others appear; what is told of earlier ones is seen anew."""
        order, *others = observed.things
        fresh = [thing for thing in others if thing not in self._order_of]
        self._order_of.update(dict.fromkeys(fresh, order))
        if self._carried.isdisjoint(fresh):
            return
        self._forget()
        for start in self._starts:
            self._see_contact(start)
        for ticket in self._tickets:
            self._watch(ticket)

    def start(self, observed: Observed) -> None:
        """Hear what may start a contact."""
        is_start = self._contacts.is_start(observed)
        talks = things_of(observed, "contact:") + things_of(observed, "conversation:")
        self._carried.update(observed.things)
        if observed.type == "ticket_created":
            earlier = next((self._of_talk[talk] for talk in talks if talk in self._of_talk), observed)
            self._create(observed, observed if is_start else earlier)
        if is_start:
            self._starts.append(observed)
            for talk in talks:
                self._of_talk.setdefault(talk, observed)
            self._see_contact(observed)
            if observed.facts.get("reason_code") in _WISMO:
                self._cases.add("wismo_rate", observed, 1, 0)

    def _see_contact(self, start: Observed) -> None:
        """See whether it repeats an earlier one, which orders and which solved tickets it is about."""
        about = matters_of(start, self._order_of)
        earlier = max((self._about[m][-1].time for m in about if m in self._about), default=None)
        repeats = earlier is not None and start.time - earlier <= self._meaning.repeat_reach
        self._cases.count("repeat_contact_rate", str(start.ref), start, repeats)
        self._purchases.hear([matter for matter in about if matter.startswith("order:")], "contact")
        for matter in about:
            self._about.setdefault(matter, []).append(start)
        for matter in about:
            for ticket in self._watching.get(matter, ()):
                self._see_ticket(ticket)

    def _create(self, observed: Observed, contact: Observed) -> None:
        for name in things_of(observed, "ticket:"):
            known = self._ticket(name)
            if known.created is None:
                known.created, known.contact = observed, contact
                self._watch(name)

    def solve(self, observed: Observed) -> None:
        """Hear a ticket_solved: the first counts for the contact, the last for the time that it took."""
        for name in things_of(observed, "ticket:"):
            known = self._ticket(name)
            if known.created is not None:
                self._cases.take("resolution_time", name, known.created, observed.time)
            if known.solved is None:
                known.solved = observed
                self._watch(name)

    def reopen(self, observed: Observed) -> None:
        """Hear a ticket_reopened."""
        for name in things_of(observed, "ticket:"):
            self._ticket(name).reopened.append(observed.time)
            self._see_ticket(name)

    def _ticket(self, name: str) -> _Ticket:
        known = self._tickets.get(name)
        if known is None:
            known = self._tickets[name] = _Ticket()
            self._carried.add(name)
        return known

    def _watch(self, name: str) -> None:
        """From now on, contacts about its matter may be about a ticket that was solved."""
        if self._tickets[name].solved is not None:
            for matter in self._matters_of(name):
                self._watching.setdefault(matter, []).append(name)
            self._see_ticket(name)

    def _matters_of(self, name: str) -> set[str]:
        """A ticket is about what its first ticket_created and the contact that this is part of are about."""
        known = self._tickets[name]
        if known.created is None or known.contact is None:
            return {self._order_of[name]} if name in self._order_of else set()
        return matters_of(known.created, self._order_of) | matters_of(known.contact, self._order_of)

    def _see_ticket(self, name: str) -> None:
        known = self._tickets[name]
        if known.solved is not None:
            since, until = known.solved.time, known.solved.time + self._meaning.repeat_reach
            again = any(since < time <= until for time in known.reopened)
            again = again or any(
                self._is_any_after(since, until, matter, known.contact) for matter in self._matters_of(name)
            )
            self._cases.count("first_contact_resolution", name, known.solved, not again)

    def _is_any_after(self, since: int, until: int, matter: str, own: Observed | None) -> bool:
        """Whether a contact about the matter, but the ticket's own, starts in (since, until]."""
        starts = self._about.get(matter, [])
        first = bisect_right(starts, since, key=lambda start: start.time)
        return any(start is not own for start in starts[first : first + 2] if start.time <= until)
