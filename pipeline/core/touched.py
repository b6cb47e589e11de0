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
        self._compare_sessions(sessions, touched)
        journeys = {step.journey for step in steps if step.journey is not None}
        earlier = self._journeys
        for journey in journeys:
            shown = earlier.pop(journey.key, None)
            if shown is None or shown != journey.shown(self._idle):
                touched.journeys.add(journey.key)
        touched.journeys.update(earlier)

    def _compare_sessions(self, sessions: Mapping[int, Session], touched: Touched) -> None:
        earlier = self._sessions
        for started, session in sessions.items():
            before = earlier.get(started)
            if before is None:
                touched.sessions.add(started)
                touched.contributions += counted_of(session)
            elif before.shown() != session.shown():
                touched.sessions.add(started)
                touched.contributions += changes(counted_of(before), counted_of(session))
        for started in earlier.keys() - sessions.keys():
            touched.sessions.add(started)
            touched.contributions += [each.taken_back() for each in counted_of(earlier[started])]


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
    first, last = 0, 0
    shorter = min(len(old), len(new))
    while first < shorter and old[first] == new[first]:
        first += 1
    while last < shorter - first and old[-1 - last] == new[-1 - last]:
        last += 1
    taken_back = [contribution.taken_back() for contribution in old[first : len(old) - last]]
    for key, change in totals([*taken_back, *new[first : len(new) - last]]).items():
        numerator, denominator, n, histogram = change.values()
        if numerator or denominator or n:
            yield Contribution(key, numerator, denominator, n)
        for bucket, count in histogram:
            yield Contribution(key, 0, 0, 0, bucket, count)
