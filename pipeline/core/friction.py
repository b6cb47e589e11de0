"""Frictions: what hurt one customer, each root cause once, how much it weighs, and since when (domain.md, section 6).

What comes in: the customer's steps that matter to it, in order, and which order each thing belongs to. What goes out: frictions
in order. A plain function of the set: nothing waits for a clock (docs/decisions/0007).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pipeline.core.absence import late_deliveries, late_replies, promises
from pipeline.core.bad import SHOWN, kind_shown
from pipeline.core.contact import repeats
from pipeline.core.good import goods
from pipeline.core.meaning import Meaning
from pipeline.core.message import Ref
from pipeline.core.step import Step
from pipeline.core.survey import last_answers

MATTERS: Final = SHOWN | {
    "order_completed",
    "order_cancelled",
    "delivery_promised",
    "contact_initiated",
    "conversation_started",
    "message_sent",
    "ticket_created",
    "ticket_comment_added",
    "ticket_solved",
}
"""Types that can make, forbid or weigh a friction."""

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


def matters(step: Step, meaning: Meaning) -> bool:
    """Whether the step can change any friction: most steps cannot."""
    kind = step.observed.type
    if kind not in MATTERS:
        return False
    if kind in {"products_searched", "page_loaded"}:
        return bool(kind_shown(step.observed, meaning))
    return True


def frictions(steps: Sequence[Step], owned: Mapping[str, str], meaning: Meaning) -> list[Friction]:
    """Give all frictions, in order."""
    answers = frozenset(last_answers(step.observed for step in steps).values())
    promised = promises(steps)
    found = [
        *_shown(steps, answers, meaning),
        *(Found(step.observed.time, step, "repeat_contact") for step in repeats(steps, owned, meaning)),
        *(Found(at, step, "late_first_reply", absence=True) for at, step in late_replies(steps, meaning)),
        *(Found(at, step, "late_delivery", absence=True) for at, step in late_deliveries(steps, promised)),
    ]
    if not found:
        return []
    found.sort(key=_order)
    return list(_weighed(_roots(found), list(goods(steps, answers, promised)), meaning))


def _order(found: Found) -> FrictionKey:
    return (found.time, found.step.observed.ref, found.kind)


def _shown(steps: Iterable[Step], answers: Collection[Ref], meaning: Meaning) -> Iterator[Found]:
    """Give what single interactions show; of the answers to one survey only the last."""
    for step in steps:
        observed = step.observed
        kind = kind_shown(observed, meaning)
        if kind and (kind != "low_survey" or observed.ref in answers):
            yield Found(observed.time, step, kind)


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
    crossed, streak, passed = False, 0, 0
    for each in found:
        observed, session, journey = each.step.observed, each.step.session, each.step.journey
        while passed < len(good) and good[passed] < (each.time, observed.ref):
            passed, streak = passed + 1, 0
        streak += 1
        score = _score(times, each.time, meaning)
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
    """Give the sum of 0.5^(age / half-life) over the frictions that are near enough."""
    score = 0.0
    for time in times:
        age = at - time
        if age <= meaning.friction_reach:
            score += 0.5 ** (age / meaning.friction_half_life)
    return score
