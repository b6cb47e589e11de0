"""Sessions: bursts of a customer's non-passive interactions, over all channels (domain.md, section 5).

What comes in: the customer's steps, in order. What goes out: the session of each step.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import Session, Step, short_id


class Sessions:
    """The fold of a customer's steps into sessions."""

    __slots__ = ("_customer", "_meaning", "_waiting", "all", "current")

    def __init__(self, customer: str, meaning: Meaning) -> None:
        self._customer = customer
        self._meaning = meaning
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
                step.session = current
            else:
                self._waiting.append(step)
            return []
        if current is None or self._cuts(current, step.observed):
            current = self._open(step)
            placed = [w for w in self._waiting if w.observed.time == time]
        else:
            current.ended = time
            placed = self._waiting
        if self._waiting:
            self._waiting = []
            for earlier in placed:
                earlier.session = current
        step.session = current
        current.interactions += 1
        current.campaign = step.observed.campaign or current.campaign
        channel = step.observed.channel
        if channel not in current.channels:
            current.channels = (*current.channels, channel)
        return placed

    def _cuts(self, current: Session, observed: Observed) -> bool:
        meaning, time = self._meaning, observed.time
        if time - current.ended > meaning.session_gap or time - current.started > meaning.session_length:
            return True
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
