"""Frictions: what hurt one customer, each root cause once, how much it weighs, and since when (domain.md, section 6).

What comes in: what may be a friction, and the good experiences in order. What goes out: frictions
in order. A plain function of the set: nothing waits for a clock (docs/decisions/0007).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pipeline.core.meaning import Meaning
from pipeline.core.message import Ref
from pipeline.core.step import Step

_ROOTS: Final = ("order:", "ticket:", "contact:", "conversation:")


class Found(NamedTuple):
    """What may be a friction, if nothing earlier has the same root cause."""

    time: int
    step: Step
    kind: str
    absence: bool = False


FrictionKey = tuple[int, Ref, str]
"""(time, ref, kind): names a friction within the customer."""


class Friction(NamedTuple):
    """A bad experience, the first of its root cause. Orders by (time, ref, kind)."""

    time: int
    ref: Ref
    kind: str
    absence: bool
    channel: str
    session_id: str
    journey_id: str
    score: float
    crossed: bool
    streak: int
    streak_ended_at: int | None

    @property
    def key(self) -> FrictionKey:
        """What names it within the customer."""
        return (self.time, self.ref, self.kind)


def frictions(found: list[Found], good: Sequence[tuple[int, Ref]], meaning: Meaning) -> list[Friction]:
    """Give all frictions, in order."""
    if len(found) > 1:
        found.sort(key=_order)
        found = list(_roots(found))
    return list(_weighed(found, good, meaning))


def _order(found: Found) -> FrictionKey:
    return (found.time, found.step.observed.ref, found.kind)


def _roots(found: Iterable[Found]) -> Iterator[Found]:
    """Give the first friction of each root cause."""
    known: set[tuple[str, object]] = set()
    for each in found:
        cause = (each.kind, _root_cause(each.step))
        if cause not in known:
            known.add(cause)
            yield each


def _root_cause(step: Step) -> object:
    """Give the order, ticket, contact or conversation that the interaction carries, else its session, else itself."""
    for root in _ROOTS:
        for thing in step.observed.things:
            if thing.startswith(root):
                return thing
    return step.session.started if step.session is not None else step.observed.ref


def _weighed(found: Iterable[Found], good: Sequence[tuple[int, Ref]], meaning: Meaning) -> Iterator[Friction]:
    """Add the score, where it crosses the threshold, and the streak."""
    times: list[int] = []
    crossed, streak, passed, near = False, 0, 0, 0
    for each in found:
        observed, session, journey = each.step.observed, each.step.session, each.step.journey
        while passed < len(good) and good[passed] <= (each.time, observed.ref):
            passed, streak = passed + 1, 0
        streak += 1
        while near < len(times) and each.time - times[near] > meaning.friction_reach:
            near += 1
        score = _score(times[near:], each.time, meaning)
        if score < meaning.friction_cleared:
            crossed = False
        times.append(each.time)
        score += 1
        crosses = not crossed and score >= meaning.friction_threshold
        crossed |= crosses
        yield Friction(
            each.time,
            observed.ref,
            each.kind,
            each.absence,
            observed.channel,
            session.id if session is not None else "",
            journey.id if journey is not None else "",
            round(score, 6),
            crosses,
            streak,
            good[passed][0] if passed < len(good) else None,
        )


def _score(times: Iterable[int], at: int, meaning: Meaning) -> float:
    """Give the sum of 0.5^(age / half-life) over frictions."""
    score = 0.0
    for time in times:
        score += 0.5 ** ((at - time) / meaning.friction_half_life)
    return score
