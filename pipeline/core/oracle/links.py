"""Links (domain.md, section 4, "Links of an interaction" and "Unlink"): who was seen with whom, and when.

What comes in: accepted copies. What goes out: by weaker identifier all links ever made, the unlinks, and when each
machine was seen. A machine's sightings with a person are its links to persons.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from pipeline.core.interaction import MACHINES, PERSONS, THINGS, Interaction
from pipeline.core.message import Ref, kind_of
from pipeline.core.oracle.erasure import ref_of

NEVER: Final = -1
"""Before every time."""


class Link(NamedTuple):
    """One interaction's evidence that a weaker identifier belongs to a stronger one; links sort by time, source, id."""

    time: int
    ref: Ref
    to: str
    refused: str = ""
    """Why it can never join the two."""


class Company(NamedTuple):
    """A thing and machines in one interaction without a person: where the thing may lend its person."""

    time: int
    ref: Ref
    machines: tuple[str, ...]


class Links:
    """All that was said about who belongs to whom."""

    def __init__(self) -> None:
        self.of: defaultdict[str, set[Link]] = defaultdict(set)
        """Weaker identifier → its links, voided and refused ones too."""
        self.company: defaultdict[str, set[Company]] = defaultdict(set)
        """Thing → where it was without a person."""
        self.seen: dict[str, list[int]] = {}
        """Machine → the times at which it was seen, passive interactions aside."""
        self.unlinked: set[tuple[str, str]] = set()
        """(weaker, stronger) of every unlink."""
        self._voided_until: dict[tuple[str, str], int] = {}

    def unlink(self, weaker: str, stronger: str, time: int) -> None:
        """Void the evidence for a direct link up to a time. The order of two equals does not matter."""
        self.unlinked.add((weaker, stronger))
        for pair in ((weaker, stronger), (stronger, weaker)):
            self._voided_until[pair] = max(time, self._voided_until.get(pair, NEVER))

    def voided_until(self, weaker: str, stronger: str) -> int:
        """Give the time of the last unlink of the two."""
        return self._voided_until.get((weaker, stronger), NEVER)

    def is_void(self, weaker: str, link: Link) -> bool:
        """Whether an unlink voids it."""
        return link.time <= self.voided_until(weaker, link.to)

    def live(self, weaker: str) -> list[Link]:
        """Give the links that are neither refused nor voided, first one first."""
        return sorted(
            link for link in self.of.get(weaker, ()) if not link.refused and not self.is_void(weaker, link)
        )

    def covers(self, weaker: str, link: Link, at: int) -> bool:
        """Whether a live link counts for an interaction: only after the last unlink of the two."""
        return at > self.voided_until(weaker, link.to)


def links_of(copies: list[Interaction]) -> Links:
    """Gather the links and sightings of every copy, and the unlinks of the best ones."""
    links = Links()
    seen: defaultdict[str, set[int]] = defaultdict(set)
    unlinks: dict[tuple[str, Ref], tuple[int, int, str]] = {}
    for copy in copies:
        for identifier in copy.identifiers:
            if kind_of(identifier) in MACHINES and not copy.passive:
                seen[identifier].add(copy.time)
        if copy.type == "identity_linked":
            _link_by_hand(links, copy)
        elif copy.type == "identity_unlinked" and len(copy.identifiers) > 1:
            # "Only the interaction unlinks": of its copies the best one.
            for weaker, stronger in _unlinked(*copy.identifiers[:2]):
                known = unlinks.get((weaker, ref_of(copy)))
                said = (copy.time, copy.hash, stronger)
                unlinks[weaker, ref_of(copy)] = min(said, known) if known else said
        elif copy.type not in {"identity_unlinked", "erasure_requested"}:
            for weaker, link in _links(copy):
                links.of[weaker].add(link)
            _note_company(links, copy)
    for (weaker, _), (time, _, stronger) in unlinks.items():
        links.unlink(weaker, stronger, time)
    links.seen = {machine: sorted(times) for machine, times in seen.items()}
    return links


def _unlinked(stronger: str, weaker: str) -> list[tuple[str, str]]:
    """Give which links an unlink of two voids: of equals and of two machines, the one and the other."""
    kinds = {kind_of(stronger), kind_of(weaker)}
    equal = len(kinds) == 1 or kinds <= set(MACHINES)
    return [(weaker, stronger), (stronger, weaker)] if equal else [(weaker, stronger)]


def _links(copy: Interaction) -> Iterator[tuple[str, Link]]:
    """Give (weaker, link) for an interaction that is not by hand."""
    first, *others = copy.identifiers
    kind = kind_of(first)
    if kind in PERSONS:
        # With a person: every weaker identifier links to the strongest person.
        same = "two_customers" if kind == "customer" else "same_strength"
        for other in others:
            yield other, Link(copy.time, ref_of(copy), first, same if kind_of(other) == kind else "")
        return
    machines = [i for i in copy.identifiers if kind_of(i) in MACHINES]
    things = [i for i in copy.identifiers if kind_of(i) in THINGS]
    # A machine never links to a machine; of two of the anchor's kind the second link is shown as refused.
    for other in machines[1:]:
        if kind_of(other) == kind:
            yield other, Link(copy.time, ref_of(copy), first, "same_strength")
    # Without a person: every thing links to the strongest thing and to the strongest machine.
    for thing in things:
        if thing != things[0]:
            same = "same_strength" if kind_of(thing) == kind_of(things[0]) else ""
            yield thing, Link(copy.time, ref_of(copy), things[0], same)
        if machines:
            yield thing, Link(copy.time, ref_of(copy), machines[0])


def _note_company(links: Links, copy: Interaction) -> None:
    machines = tuple(i for i in copy.identifiers if kind_of(i) in MACHINES)
    if machines and kind_of(copy.identifiers[0]) not in PERSONS:
        for thing in copy.identifiers:
            if kind_of(thing) in THINGS:
                links.company[thing].add(Company(copy.time, ref_of(copy), machines))


def _link_by_hand(links: Links, copy: Interaction) -> None:
    """`identity_linked` makes the link that it names, and no other."""
    if len(copy.identifiers) < 2:  # noqa: PLR2004 - from and to are the same
        return
    stronger, weaker = copy.identifiers[:2]
    kinds = {kind_of(stronger), kind_of(weaker)}
    refused = "same_strength" if len(kinds) == 1 or kinds <= set(MACHINES) else ""
    links.of[weaker].add(Link(copy.time, ref_of(copy), stronger, refused))
