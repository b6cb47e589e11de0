"""Touched: what a change of a customer touches, and what was there before it, to see what it really changed.

What comes in: a customer that is about to be rewound, and the same after it was folded anew. What goes out: keys of rows,
and contributions that turn the old totals into the new ones.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.core.friction import Friction, FrictionKey
from pipeline.core.message import Ref
from pipeline.core.metric import counted_of
from pipeline.core.step import Session, Step
from pipeline.core.window import Contribution, Key, Total


class Touched:
    """What a change touched: keys of steps, sessions, journeys and frictions; contributions."""

    __slots__ = ("contributions", "crossings", "frictions", "journeys", "sessions", "steps")

    def __init__(self) -> None:
        self.steps: set[tuple[int, Ref]] = set()
        self.sessions: set[int] = set()
        self.journeys: set[tuple[int, str]] = set()
        self.frictions: set[FrictionKey] = set()
        self.crossings: set[FrictionKey] = set()
        """Frictions that crossed the threshold, before or after."""
        self.contributions: list[Contribution] = []


class Before:
    """What steps, and the sessions and journeys that hold them, showed before they were rewound."""

    def __init__(self, steps: Sequence[Step], sessions: Mapping[int, Session], idle: int) -> None:
        self._steps = [(step, step.shown()) for step in steps]
        self._sessions = sessions
        """Never changed again: those that go on are made anew."""
        journeys = {step.journey for step in steps if step.journey is not None}
        self._journeys = {journey.key: journey.shown(idle) for journey in journeys}
        self._idle = idle

    def compare(self, steps: Iterable[Step], sessions: Mapping[int, Session], touched: Touched) -> None:
        """Note in what the steps folded since, and all sessions since then, differ from it."""
        touched.steps.update([step.order for step, shown in self._steps if step.shown() != shown])
        touched.sessions.update(self._sessions.keys() - sessions.keys())
        for started, session in sessions.items():
            earlier = self._sessions.get(started)
            if earlier is None or earlier.shown() != session.shown():
                touched.sessions.add(started)
        touched.contributions += changes(
            [counted_of(self._sessions[s]) for s in self._sessions if s in touched.sessions],
            [counted_of(sessions[s]) for s in sessions if s in touched.sessions],
        )
        journeys = {step.journey for step in steps if step.journey is not None}
        after = {journey.key: journey.shown(self._idle) for journey in journeys}
        for key in self._journeys.keys() | after.keys():
            if self._journeys.get(key) != after.get(key):
                touched.journeys.add(key)


def touch_frictions(
    old: Mapping[FrictionKey, Friction], new: Mapping[FrictionKey, Friction], touched: Touched
) -> None:
    """Note in which frictions two conclusions differ, and which of these crossed the threshold."""
    for one, other in ((old, new), (new, old)):
        for key, friction in one.items():
            if friction != other.get(key):
                touched.frictions.add(key)
                if friction.crossed:
                    touched.crossings.add(key)


def totals(contributions: Iterable[Contribution]) -> dict[Key, Total]:
    """Add up contributions by window."""
    windows: dict[Key, Total] = {}
    for contribution in contributions:
        windows.setdefault(contribution.key, Total()).add(contribution)
    return windows


def changes(old: Sequence[Contribution], new: Sequence[Contribution]) -> Iterator[Contribution]:
    """Give what turns the old totals into the new ones."""
    common = next((n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    common = min(len(old), len(new)) if common is None else common
    taken_back = [contribution.taken_back() for contribution in old[common:]]
    for key, change in totals([*taken_back, *new[common:]]).items():
        numerator, denominator, n, histogram = change.values()
        if numerator or denominator or n:
            yield Contribution(key, numerator, denominator, n)
        for bucket, count in histogram:
            yield Contribution(key, 0, 0, 0, bucket, count)
