"""Cases: what each order, shipment, contact, ticket, call or invitation counts, as far as is known by now.

What comes in: the answer of a case, again whenever it may be another. What goes out: contributions and their withdrawal.
Numerator and denominator of a case count in the minute, channel and source of one interaction (domain.md, section 7, "Cohort").
"""

from pipeline.core.message import Observed
from pipeline.core.window import Contribution, key_at, key_of, value


class Cases:
    """The cases of one customer."""

    __slots__ = ("_counted", "_log")

    def __init__(self, log: list[Contribution]) -> None:
        self._log = log
        """Gets every contribution and withdrawal."""
        self._counted: dict[tuple[str, str], Contribution] = {}
        """(metric, name of the case) → what it counts."""

    def count(self, metric: str, case: str, at: Observed, is_so: bool) -> None:  # noqa: FBT001 - the answer
        """Count a case once below, and above if it is so."""
        self._put(metric, case, Contribution(key_of(metric, at), int(is_so), 1, 1))

    def take(self, metric: str, case: str, start: Observed, end: int) -> None:
        """Count how long a case took (ms) in the minute in which it ended."""
        self._put(metric, case, value(key_at(metric, end, start), end - start.time))

    def add(self, metric: str, at: Observed, above: int, below: int) -> None:
        """Count, once and for all, what is a case only above, or only below."""
        self._log.append(Contribution(key_of(metric, at), above, below, below))

    def _put(self, metric: str, case: str, contribution: Contribution) -> None:
        before = self._counted.get((metric, case))
        if contribution == before:
            return
        if before is not None:
            self._log.append(before.taken_back())
        self._log.append(contribution)
        self._counted[metric, case] = contribution
