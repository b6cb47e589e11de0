"""What one identifier knows about the company it was seen in.

What comes in: links, unlinks and lent sightings, in any order and any number of times. What goes out: the
evidence, and which part of it an unlink has voided. Order of arrival leaves no trace.
"""

from bisect import bisect_left, insort
from typing import Any, Final, NamedTuple, TypeVar

from pipeline.core.message import (
    MACHINE_KINDS,
    Lend,
    Link,
    Ref,
    Unlink,
    kind_of,
)

Moment = tuple[int, Ref]
"""(time, ref): when an identifier was seen, and in which interaction."""


class Sighting(NamedTuple):
    """A machine seen with a person."""

    time: int
    ref: Ref
    person: str


_EMPTY: Final[dict[Any, Any]] = {}
_NO_SIGHTINGS: Final[list[Sighting]] = []
_NO_TIMES: Final[set[int]] = set()
"""Shared by all that have none; never written to."""


class Evidence:
    """Links that leave one identifier. Mutable: `add` methods return True if they heard something new.

    Most identifiers only ever hear plain links, and there are many of them: what is rare shares one empty container
    until it is needed.
    """

    __slots__ = (
        "_alone",
        "cuts",
        "lent",
        "links",
        "machines",
        "persons",
        "refused",
        "seen_at",
        "sightings",
        "unlinks",
    )

    def __init__(self) -> None:
        self.links: dict[str, dict[Moment, bool]] = {}
        """Stronger identifier → when it was seen together → whether that was passive."""
        self.machines: dict[Moment, tuple[str, ...]] = _EMPTY
        """For a thing: the machines of an interaction that carried no person."""
        self.refused: dict[str, dict[Moment, str]] = _EMPTY
        self.lent: dict[tuple[str, Moment], tuple[int, str]] = _EMPTY
        """(thing, moment) → (cause, person); the last word by cause."""
        self.unlinks: dict[Ref, tuple[int, int, str]] = _EMPTY
        """Interaction that unlinks → (time, hash, stronger identifier): the best copy."""
        self.cuts: dict[str, int] = _EMPTY
        """Stronger identifier → the time up to which evidence for it is void."""
        self.persons: dict[str, int] = _EMPTY
        """Persons among the sightings → how often."""
        self.sightings: list[Sighting] = _NO_SIGHTINGS
        """Of a machine with persons, its own and lent ones, in order."""
        self.seen_at: set[int] = _NO_TIMES
        """Of a machine: times at which it was seen in an interaction of another anchor, passive ones aside."""
        self._alone: dict[Moment, bool] = _EMPTY

    def add_link(self, link: Link) -> bool:
        """Hear that this identifier was seen with a stronger one."""
        moment = (link.time, link.ref)
        machine = kind_of(link.actor) in MACHINE_KINDS
        if machine and not link.passive:
            if self.seen_at is _NO_TIMES:
                self.seen_at = set()
            self.seen_at.add(link.time)
        if link.refused:
            self.refused = self.refused or {}
            return _put(self.refused.setdefault(link.to, {}), moment, link.refused)
        if not link.to:
            self._alone = self._alone or {}
            return _put(self._alone, moment, link.passive)
        if link.machines:
            self.machines = self.machines or {}
            self.machines[moment] = link.machines
        if not _put(self.links.setdefault(link.to, {}), moment, link.passive):
            return False
        if machine:
            self._sight(Sighting(link.time, link.ref, link.to))
        return True

    def add_unlink(self, unlink: Unlink) -> bool:
        """Hear that up to a time this identifier never belonged to the other."""
        word = (unlink.time, unlink.hash, unlink.to)
        known = self.unlinks.get(unlink.ref)
        if known is not None and known <= word:
            return False
        self.unlinks = {**self.unlinks, unlink.ref: word}
        self.cuts = {}
        for time, _, to in self.unlinks.values():
            self.cuts[to] = max(time, self.cuts.get(to, time))
        return True

    def add_lent(self, lend: Lend) -> bool:
        """Hear a thing's last word on whose it was at a moment."""
        moment = (lend.time, lend.ref)
        key = (lend.sender, moment)
        known = self.lent.get(key)
        if known is not None and known[0] >= lend.cause:
            return False
        if known is not None and known[1]:
            self._forget(Sighting(lend.time, lend.ref, known[1]))
        self.lent = self.lent or {}
        self.lent[key] = (lend.cause, lend.person)
        if lend.person:
            self._sight(Sighting(lend.time, lend.ref, lend.person))
        return True

    def _sight(self, sighting: Sighting) -> None:
        if self.sightings is _NO_SIGHTINGS:
            self.sightings, self.persons = [], {}
        insort(self.sightings, sighting)
        self.persons[sighting.person] = self.persons.get(sighting.person, 0) + 1

    def _forget(self, sighting: Sighting) -> None:
        del self.sightings[bisect_left(self.sightings, sighting)]
        self.persons[sighting.person] -= 1
        if not self.persons[sighting.person]:
            del self.persons[sighting.person]

    def cut(self, to: str) -> int:
        """Give the time up to which evidence for a link is void; before all time where there is no unlink."""
        return self.cuts.get(to, _NEVER)

    def first(self, to: str, at: int | None) -> Moment | None:
        """Give the first moment that links to `to` for an interaction at `at` (None: for any)."""
        cut = self.cuts.get(to)
        moments = self.links.get(to)
        if not moments:
            return None
        if cut is None:
            return min(moments)
        if at is not None and at <= cut:
            return None
        return min((m for m in moments if m[0] > cut), default=None)


V = TypeVar("V")
_NEVER = -(2**62)


def _put(into: dict[Moment, V], moment: Moment, value: V) -> bool:
    if moment in into:
        return False
    into[moment] = value
    return True
