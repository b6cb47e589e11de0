"""Whose an interaction is: the owner of an identifier at a moment (domain.md, section 4).

What comes in: an identifier, its evidence, the time of an interaction. What goes out: the identifier where the
interaction belongs, itself if nowhere else. A pure function of the evidence as a set.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, NamedTuple

from pipeline.core.evidence import Evidence, Sighting
from pipeline.core.interaction import KINDS, MACHINES, PERSONS, THINGS
from pipeline.core.meaning import Meaning
from pipeline.core.message import MACHINE_KINDS, PERSON_KINDS, THING_KINDS, kind_of

RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}
"""Strength of a kind within persons, machines and things; smaller is stronger."""

_OWNER_ORDER: Final = {kind: i for i, kind in enumerate((*PERSONS, *THINGS, *MACHINES))}
"""In which order a thing prefers its owners."""


class Verdict(NamedTuple):
    """What became of the link to one stronger identifier."""

    state: str
    """live, removed or refused."""
    reason: str


def owner(identifier: str, evidence: Evidence, seen_at: list[int], at: int, meaning: Meaning) -> str:
    """Give the identifier where an interaction at `at` (ms) that reached `identifier` belongs.

    `seen_at` are the sorted times at which a machine was seen, passive interactions aside.
    """
    kind = kind_of(identifier)
    if kind in MACHINE_KINDS:
        return _owner_of_machine(identifier, evidence, seen_at, at, meaning)
    if kind in THING_KINDS:
        return _owner_of_thing(identifier, evidence, at)
    return _owner_of_person(identifier, evidence, at, meaning)


def _strongest(candidates: Iterable[str]) -> list[str]:
    ranked = [(RANK[kind_of(c)], c) for c in candidates]
    best = min(ranked, default=(0, ""))[0]
    return [c for rank, c in ranked if rank == best]


def _unvoided(evidence: Evidence) -> list[str]:
    """Give what the identifier was seen with, whatever the time of the interaction."""
    if not evidence.cuts:
        return list(evidence.links)
    return [to for to in evidence.links if any(m[0] > evidence.cut(to) for m in evidence.links[to])]


def _owner_of_person(identifier: str, evidence: Evidence, at: int, meaning: Meaning) -> str:
    """Its only stronger person; nobody if it was seen with more than the limit, at any time."""
    limit = _limit(identifier, evidence, meaning)
    if len(_strongest(_unvoided(evidence))) > limit:
        return identifier
    live = {to: m for to in evidence.links if (m := evidence.first(to, at)) is not None}
    candidates = _strongest(live)
    if not candidates or len(candidates) > limit:
        return identifier
    return min((live[to], to) for to in candidates)[1]


def _limit(identifier: str, evidence: Evidence, meaning: Meaning) -> int:
    """Give the highest limit among the sources of the evidence that is not voided."""
    kind = kind_of(identifier)
    usual = meaning.machine_limit if kind in MACHINE_KINDS else meaning.person_limit
    if not meaning.limits:
        return usual
    usual = meaning.limits.get(kind, usual)
    sources = {s.ref[0] for s in evidence.sightings if s.time > evidence.cut(s.person)}
    sources |= {ref[0] for to, m in evidence.links.items() for time, ref in m if time > evidence.cut(to)}
    return max((meaning.limits.get(f"{kind}@{source}", usual) for source in sources), default=usual)


def person_of_thing(evidence: Evidence, at: int | None) -> str:
    """Give the first person among those of the strongest kind; "" where there is none."""
    live = {
        to: m
        for to in evidence.links
        if kind_of(to) in PERSON_KINDS and (m := evidence.first(to, at)) is not None
    }
    return min((live[to], to) for to in _strongest(live))[1] if live else ""


def _owner_of_thing(identifier: str, evidence: Evidence, at: int) -> str:
    """Its person, else the first stronger thing that it was seen with, else the first machine, else itself."""
    person = person_of_thing(evidence, at)
    if person:
        return person
    live = [(m, to) for to in evidence.links if (m := evidence.first(to, at)) is not None]
    for kinds in (THING_KINDS, MACHINE_KINDS):
        of_kind = [(m, to) for m, to in live if kind_of(to) in kinds]
        if of_kind:
            return min(of_kind)[1]
    return identifier


def _owner_of_machine(
    identifier: str, evidence: Evidence, seen_at: list[int], at: int, meaning: Meaning
) -> str:
    """The only person in reach; of a shared machine the one around the moment within its device session."""
    sightings = evidence.sightings
    # One-tuples sort before all sightings of their time.
    low = bisect_left(sightings, (at - meaning.identity_reach,))
    high = bisect_left(sightings, (at + meaning.identity_reach + 1,))
    if low < high and len(evidence.persons) == 1 and not evidence.cuts:
        return sightings[low].person
    reached = sightings[low:high]
    if evidence.cuts:
        reached = [s for s in reached if s.time > (cut := evidence.cut(s.person)) and at > cut]
    persons = {s.person for s in reached}
    if len(persons) > 1:
        persons = set(_strongest(persons))
    if len(persons) == 1:
        return persons.pop()
    if not persons:
        return identifier
    return _around([s for s in reached if s.person in persons], seen_at, at, meaning) or identifier


def _around(sightings: list[Sighting], seen_at: list[int], at: int, meaning: Meaning) -> str:
    """Give the person last seen at or before and first seen at or after, if they are one or only one exists."""
    start, end = _device_session(seen_at, at, meaning)
    here = [s for s in sightings if start <= s.time <= end]
    before = [s for s in here if s.time <= at]
    after = [s for s in here if s.time >= at]
    candidates = {s.person for s in (*before[-1:], *after[:1])}
    return candidates.pop() if len(candidates) == 1 else ""


def _device_session(seen_at: list[int], at: int, meaning: Meaning) -> tuple[int, int]:
    """Give start and end of the run of times around `at` with gaps of at most `device_gap`."""
    gap = meaning.device_gap
    here = bisect_left(seen_at, at)
    start = end = at
    for time in reversed(seen_at[:here]):
        if start - time > gap:
            break
        start = time
    for time in seen_at[here:]:
        if time - end > gap:
            break
        end = time
    return start, end


def verdicts(identifier: str, evidence: Evidence, meaning: Meaning) -> dict[str, Verdict]:
    """Give what became of each link that leaves the identifier, with the reason where it is not live."""
    told: dict[str, Verdict] = {to: Verdict("removed", "no_such_link") for to in evidence.cuts}
    for to, why in evidence.refused.items():
        unvoided = [moment for moment in why if moment[0] > evidence.cut(to)]
        told[to] = Verdict("refused", why[min(unvoided)]) if unvoided else Verdict("removed", "unlinked")
    lent = {person for _, person in evidence.lent.values() if person}
    told |= dict.fromkeys((*evidence.links, *sorted(lent)), Verdict("removed", "unlinked"))
    kind = kind_of(identifier)
    live = _unvoided(evidence)
    if kind in MACHINE_KINDS:
        live = sorted({s.person for s in evidence.sightings if s.time > evidence.cut(s.person)})
        over = len(_strongest(live)) > _limit(identifier, evidence, meaning)
        told |= dict.fromkeys(live, Verdict("refused", "limit") if over else Verdict("live", ""))
    elif kind in THING_KINDS:
        told |= _verdicts_of_thing(evidence, live)
    else:
        told |= _verdicts_of_person(live, _limit(identifier, evidence, meaning))
    return told


def _verdicts_of_person(live: list[str], limit: int) -> dict[str, Verdict]:
    best = _strongest(live)
    if len(best) > limit:
        return dict.fromkeys(live, Verdict("refused", "limit"))
    return {to: Verdict("live", "") if to in best else Verdict("refused", "outranked") for to in live}


def _verdicts_of_thing(evidence: Evidence, live: list[str]) -> dict[str, Verdict]:
    if not live:
        return {}
    person = person_of_thing(evidence, None)
    chosen = person or _owner_of_thing("", evidence, _ALWAYS)
    rank = _OWNER_ORDER[kind_of(chosen)]
    told = {}
    for to in live:
        outranked = _OWNER_ORDER[kind_of(to)] > rank
        told[to] = Verdict("refused", "outranked" if outranked else "belongs_to_another")
    told[chosen] = Verdict("live", "")
    return told


_ALWAYS: Final = 2**62
