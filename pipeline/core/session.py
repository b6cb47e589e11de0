"""Sessions: bursts of a customer's non-passive interactions, over all channels (domain.md, section 5).

What comes in: the customer's steps, in order. What goes out: the session of each step.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import Session, Step, short_id

_NONE: Final[list[Step]] = []
"""Given where a step places no other; never written to."""


class Sessions:
    """The fold of a customer's steps into sessions."""

    __slots__ = ("_customer", "_cutting", "_gap", "_length", "_meaning", "_waiting", "all", "current")

    def __init__(self, customer: str, meaning: Meaning) -> None:
        self._customer = customer
        self._meaning = meaning
        self._gap, self._length = meaning.session_gap, meaning.session_length
        self._cutting = meaning.campaign_cuts or bool(meaning.midnight_zone)
        self.all: dict[int, Session] = {}
        """By start."""
        self.current: Session | None = None
        self._waiting: list[Step] = []
        """Passive steps after the end of the current session: in it if it goes on, else in none."""

    def add(self, step: Step) -> list[Step]:
        """Place the step, and give the earlier passive steps that this places as well."""
        time = step.observed.time
        current = self.current
        if step.observed.passive:
            if current is not None and time <= current.ended:
                current.add(step)
            else:
                self._waiting.append(step)
            return _NONE
        placed = self._waiting
        if (
            current is None
            or time - current.ended > self._gap
            or time - current.started > self._length
            or (self._cutting and self._cuts(current, step.observed))
        ):
            current = self._open(step)
            placed = [w for w in placed if w.observed.time == time]
        if self._waiting:
            self._waiting = []
            for earlier in placed:
                current.add(earlier)
        current.add(step)
        return placed

    def since(self, first: Session | None) -> dict[int, Session]:
        """Give a session and all after it, by start; all where there is none."""
        found: dict[int, Session] = {}
        for started, session in reversed(self.all.items()):
            found[started] = session
            if session is first:
                break
        return found

    def rewind(self, kept: Sequence[Step]) -> None:
        """Go back to when there were only these steps; the last of them is active, so that nothing waits.

        No session is changed by that: the one that goes on is made anew.
        """
        self._waiting = []
        last = kept[-1].session if kept else None
        while self.all and next(reversed(self.all.values())) is not last:
            self.all.popitem()
        self.current = None
        if last is None:
            return
        self.current = current = self.all[last.started] = Session(last.id, last.first)
        its = list(takewhile(lambda step: step.session is last, reversed(kept)))
        for step in reversed(its):
            current.add(step)
            current.orders += step.completes

    def _cuts(self, current: Session, observed: Observed) -> bool:
        """Whether one of the cuts that settings ask for is here."""
        meaning, time = self._meaning, observed.time
        if meaning.campaign_cuts and time > current.ended and observed.campaign not in {"", current.campaign}:
            return True
        zone = meaning.midnight_zone
        return bool(zone) and day_in(zone, time) != day_in(zone, current.started)

    def _open(self, step: Step) -> Session:
        time = step.observed.time
        session = Session(short_id(self._customer, time), step.observed)
        self.all[time] = self.current = session
        return session


def day_in(zone: str, time: int) -> int:
    """Give the number of the day of a time (ms) in a time zone."""
    return datetime.fromtimestamp(time / 1000, ZoneInfo(zone)).toordinal()
