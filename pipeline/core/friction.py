"""Frictions: what hurt one customer, each root cause once, how much it weighs, and since when (domain.md, section 6).

What comes in: the customer's steps that matter to it, in order, and which order each thing belongs to. What goes out: frictions
in order. A plain function of the set: nothing waits for a clock (docs/decisions/0007).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pipeline.core.absence import late_deliveries, late_replies, promises
from pipeline.core.bad import SHOWN, kind_shown
from pipeline.core.contact import repeats
from pipeline.core.good import goods
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed, Ref
from pipeline.core.step import Step
from pipeline.core.survey import last_answers

_PARTS: Final = {
    "order_completed": ("promising", "good"),
    "delivery_promised": ("promising",),
    "order_cancelled": ("arriving",),
    "shipment_status_changed": ("arriving", "good"),
    "contact_initiated": ("contacts",),
    "conversation_started": ("contacts",),
    "ticket_created": ("contacts", "threads"),
    "message_sent": ("threads",),
    "ticket_comment_added": ("threads",),
    "ticket_solved": ("good",),
    "ticket_reopened": ("good",),
    "survey_answered": ("surveys", "good"),
}
"""Type → what it can be a part of."""

MATTERS: Final = SHOWN | _PARTS.keys()
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


class Matters:
    """The steps of one customer that frictions depend on, by what they are a part of, in order."""

    __slots__ = ("arriving", "bad", "contacts", "good", "order_of", "promising", "surveys", "threads")

    def __init__(self) -> None:
        self.bad: list[tuple[str, Step]] = []
        """Steps that show a friction by themselves, with its kind."""
        self.promising: list[Step] = []
        self.arriving: list[Step] = []
        self.contacts: list[Step] = []
        self.threads: list[Step] = []
        self.surveys: list[Step] = []
        self.good: list[Step] = []
        self.order_of: dict[str, str] = {}
        """Thing → the order with which it first appears together, completed or not: what a contact may be about."""

    def learn(self, observed: Observed) -> bool:
        """Note with which order things appear in an interaction later than all others; True if that is news."""
        order, *others = observed.things
        if not order.startswith("order:"):
            return False
        known = len(self.order_of)
        for thing in others:
            self.order_of.setdefault(thing, order)
        return len(self.order_of) > known

    def add(self, step: Step, meaning: Meaning) -> bool:
        """Take a step later than all others; False if it changes no friction: most do not."""
        kind = kind_shown(step.observed, meaning)
        if kind:
            self.bad.append((kind, step))
        parts = _PARTS.get(step.observed.type, ())
        for part in parts:
            getattr(self, part).append(step)
        return bool(kind or parts)

    def answers(self) -> frozenset[Ref]:
        """Give the answers to surveys that count: of each survey the last on its scale."""
        return frozenset(last_answers(step.observed for step in self.surveys).values())


def frictions(those: Matters, completed: Collection[str], meaning: Meaning) -> list[Friction]:
    """Give all frictions, in order."""
    answers = those.answers() if those.surveys else frozenset()
    promised = promises(those.promising) if those.promising else {}
    found = [
        Found(step.observed.time, step, kind)
        for kind, step in those.bad
        if kind != "low_survey" or step.observed.ref in answers
    ]
    if promised:
        late = late_deliveries(those.arriving, promised, completed)
        found += [Found(at, step, "late_delivery", absence=True) for at, step in late]
    if those.threads:
        unanswered = late_replies(those.threads, meaning)
        found += [Found(at, step, "late_first_reply", absence=True) for at, step in unanswered]
    if len(those.contacts) > 1:
        again = repeats(those.contacts, those.order_of, meaning)
        found += [Found(step.observed.time, step, "repeat_contact") for step in again]
    if not found:
        return []
    found.sort(key=_order)
    return list(_weighed(_roots(found), list(goods(those.good, answers, promised)), meaning))


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
    crossed, streak, passed = False, 0, 0
    for each in found:
        observed, session, journey = each.step.observed, each.step.session, each.step.journey
        while passed < len(good) and good[passed] <= (each.time, observed.ref):
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
