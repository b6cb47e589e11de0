"""Owner (domain.md, section 4, "Persons", "Things", "Machines"): to whom an identifier belongs at a moment.

What comes in: links. What goes out: the owner of an identifier for what happened at a time; an identifier that owns
itself is a customer's key.
"""

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import Final

from pipeline.core.interaction import MACHINES, PERSONS, THINGS
from pipeline.core.meaning import Meaning
from pipeline.core.message import kind_of
from pipeline.core.oracle.links import Link, Links

_TIME: Final = attrgetter("time")
THING_OWNERS: Final = (*PERSONS, *THINGS, *MACHINES)
"""The order of strength in which links of a thing count."""


class Owners:
    """Answers whose an identifier is. Makes the sightings that things lend to machines on the way in."""

    def __init__(self, links: Links, meaning: Meaning) -> None:
        self.links = links
        self.meaning = meaning
        self._live: dict[str, list[Link]] = {}
        self._over_limit: dict[str, bool] = {}
        self._by_kind: dict[str, dict[str, list[Link]]] = {}
        for thing, companies in list(links.company.items()):
            for time, ref, machines in companies:
                person = self.person_of_thing(thing, time)
                for machine in machines:
                    # "Voided evidence lends nothing": neither that for thing → person nor that for thing → machine.
                    if person and time > links.voided_until(thing, machine):
                        links.of[machine].add(Link(time, ref, person))

    def live(self, identifier: str) -> list[Link]:
        """Give the live links of an identifier; of a machine only once things have lent."""
        if identifier not in self._live:
            self._live[identifier] = self.links.live(identifier)
        return self._live[identifier]

    def owner(self, identifier: str, at: int) -> str:
        """Give whose it is for what happened at a time in ms."""
        kind = kind_of(identifier)
        if kind in PERSONS:
            return self._owner_of_person(identifier, at)
        if kind in MACHINES:
            return self._owner_of_machine(identifier, at)
        return self.owner_of_thing(identifier, at)

    def _covering(self, identifier: str, at: int | None) -> list[Link]:
        """Give the live links that count at a time; None for whatever time."""
        return [
            link for link in self.live(identifier) if at is None or self.links.covers(identifier, link, at)
        ]

    def _owner_of_person(self, person: str, at: int) -> str:
        # Seen with more different ones than its limit, it links to nobody at any time.
        if self.is_over_limit(person):
            return person
        strongest = of_strongest_kind(self._covering(person, at))
        if len({link.to for link in strongest}) > self.limit(person):
            return person
        return strongest[0].to if strongest else person

    def is_over_limit(self, identifier: str) -> bool:
        """Whether a person or machine was seen with more persons of the strongest kind than its limit."""
        if identifier not in self._over_limit:
            persons = {link.to for link in of_strongest_kind(self.live(identifier))}
            self._over_limit[identifier] = len(persons) > self.limit(identifier)
        return self._over_limit[identifier]

    def limit(self, identifier: str) -> int:
        """Give the highest of the limits of the sources of its live links (decision 8)."""
        kind, limits = kind_of(identifier), self.meaning.limits
        default = self.meaning.person_limit if kind in PERSONS else self.meaning.machine_limit
        usual = limits.get(kind, default)
        return max(
            (limits.get(f"{kind}@{link.ref[0]}", usual) for link in self.live(identifier)), default=usual
        )

    def person_of_thing(self, thing: str, at: int | None) -> str:
        """Give the first link's person among those to the strongest kind of person, or ""."""
        persons = [link for link in self._covering(thing, at) if kind_of(link.to) in PERSONS]
        return of_strongest_kind(persons)[0].to if persons else ""

    def owner_of_thing(self, thing: str, at: int | None) -> str:
        """Give its person, else the first stronger thing, else the first machine, else itself."""
        person = self.person_of_thing(thing, at)
        if person:
            return person
        links = self._covering(thing, at)
        for kinds in (THINGS, MACHINES):
            for link in links:
                if kind_of(link.to) in kinds:
                    return link.to
        return thing

    def _owner_of_machine(self, machine: str, at: int) -> str:
        """Give the one person of the sightings in reach; of a shared machine, who was there before and after."""
        sightings, reach = self._sightings(machine), self.meaning.identity_reach
        for kind in PERSONS:
            links = sightings[kind]
            start = bisect_left(links, at - reach, key=_TIME)
            end = bisect_right(links, at + reach, key=_TIME)
            person, is_shared = "", False
            for i in range(start, end):
                if self.links.covers(machine, links[i], at):
                    is_shared = person not in {"", links[i].to}
                    person = links[i].to
                if is_shared:
                    return self._there_before_and_after(machine, links[start:end], at)
            if person:
                return person
        return machine

    def _sightings(self, machine: str) -> dict[str, list[Link]]:
        """Give its live sightings by kind of person, each in order."""
        if machine not in self._by_kind:
            self._by_kind[machine] = {
                kind: [link for link in self.live(machine) if kind_of(link.to) == kind] for kind in PERSONS
            }
        return self._by_kind[machine]

    def _there_before_and_after(self, machine: str, in_reach: list[Link], at: int) -> str:
        """Give the last person at or before and the first at or after, in the device session, if they agree."""
        start, end = self._device_session(machine, at)
        here = in_reach[bisect_left(in_reach, start, key=_TIME) : bisect_right(in_reach, end, key=_TIME)]
        here = [link for link in here if self.links.covers(machine, link, at)]
        before = [link.to for link in here if link.time <= at][-1:]
        after = [link.to for link in here if link.time >= at][:1]
        persons = {*before, *after}
        return persons.pop() if len(persons) == 1 else machine

    def _device_session(self, machine: str, at: int) -> tuple[int, int]:
        """Give start and end of the times at which the machine was seen around a time, without a gap > 30 min.

        The time need not be one of them: of a passive interaction, and of a thing placed by its machine, it is not.
        """
        times, gap = self.links.seen.get(machine, []), self.meaning.device_gap
        start = end = at
        for i in range(bisect_right(times, at) - 1, -1, -1):
            if start - times[i] > gap:
                break
            start = times[i]
        for i in range(bisect_left(times, at), len(times)):
            if times[i] - end > gap:
                break
            end = times[i]
        return start, end


def of_strongest_kind(links: list[Link]) -> list[Link]:
    """Give the links to the strongest kind of person among them."""
    if not links:
        return []
    strongest = min(PERSONS.index(kind_of(link.to)) for link in links)
    return [link for link in links if PERSONS.index(kind_of(link.to)) == strongest]
