"""Tickets: how long they took, and whether the first solution was the last (domain.md, section 7).

What comes in: a customer's steps that tell of contacts and tickets, in order, and which order each thing belongs to.
What goes out: contributions of tickets that were solved; those that never were count nowhere.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.core.contact import Contacts, matters_of
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import Step
from pipeline.core.things import things_of
from pipeline.core.window import Contribution, bucket_of, key_at, key_of


class _Ticket(NamedTuple):
    """What was told of a ticket, each in order."""

    created: list[Observed]
    solved: list[Observed]
    reopened: list[Observed]
    contacts: list[Observed]
    """The start of the contact of each ticket_created."""


class _Starts:
    """When contacts about a matter started, in order."""

    def __init__(self) -> None:
        self._about: defaultdict[str, list[Observed]] = defaultdict(list)

    def add(self, start: Observed, about: frozenset[str]) -> None:
        """Take a start later than all others."""
        for matter in about:
            self._about[matter].append(start)

    def is_any_after(self, time: int, within: int, about: frozenset[str], own: Observed | None) -> bool:
        """Whether one about any of these matters, but the own, starts in (time, time + within]."""
        for matter in about:
            starts = self._about.get(matter, [])
            for start in starts[bisect_right(starts, time, key=_time) :]:
                if start.time > time + within:
                    break
                if start is not own:
                    return True
        return False


def _time(observed: Observed) -> int:
    return observed.time


def tickets(steps: Sequence[Step], order_of: Mapping[str, str], meaning: Meaning) -> Iterator[Contribution]:
    """Count each solved ticket at its first solution, and how long it took at its last."""
    contacts, starts = Contacts(), _Starts()
    known: defaultdict[str, _Ticket] = defaultdict(lambda: _Ticket([], [], [], []))
    for step in steps:
        observed = step.observed
        start = contacts.start_of(observed)
        if start is observed:
            starts.add(start, matters_of(start, order_of))
        for ticket in things_of(observed, "ticket:"):
            match observed.type:
                case "ticket_created":
                    known[ticket].created.append(observed)
                    known[ticket].contacts.append(start or observed)
                case "ticket_solved":
                    known[ticket].solved.append(observed)
                case "ticket_reopened":
                    known[ticket].reopened.append(observed)
                case _:
                    pass
    for name, told in known.items():
        if told.solved:
            yield from _resolution_time(told)
            yield _first_contact_resolution(name, told, starts, order_of, meaning)


def _resolution_time(ticket: _Ticket) -> Iterator[Contribution]:
    """Give the time from the first ticket_created to the last ticket_solved; none where it was not solved after it."""
    if not ticket.created:
        return
    created, solved = ticket.created[0], ticket.solved[-1]
    if (solved.time, solved.ref) > (created.time, created.ref):
        took = solved.time - created.time
        yield Contribution(key_at("resolution_time", solved.time, created), took, 1, 1, bucket_of(took))


def _first_contact_resolution(
    name: str, ticket: _Ticket, starts: _Starts, order_of: Mapping[str, str], meaning: Meaning
) -> Contribution:
    """A ticket is about what its first ticket_created and the contact that this is part of are about."""
    solved, within = ticket.solved[0], meaning.repeat_reach
    about, own = frozenset({order_of[name]}) if name in order_of else frozenset[str](), None
    if ticket.created:
        own = ticket.contacts[0]
        about = matters_of(ticket.created[0], order_of) | matters_of(own, order_of)
    came_back = any(0 < again.time - solved.time <= within for again in ticket.reopened)
    came_back = came_back or starts.is_any_after(solved.time, within, about, own)
    return Contribution(key_of("first_contact_resolution", solved), int(not came_back), 1, 1)
