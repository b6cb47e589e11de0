"""Good experiences: what ends a streak of frictions (domain.md, section 6).

What comes in: steps in order, one by one. What goes out: the moments of what was good, as far as is known by then:
a ticket that is opened again was not solved for good, and of several answers to a survey only the last counts.
"""

from bisect import bisect_left

from pipeline.core.message import Observed, Ref
from pipeline.core.step import Step
from pipeline.core.survey import is_top_box
from pipeline.core.things import thing_of, things_of

Moment = tuple[int, Ref]


def is_delivered(observed: Observed) -> bool:
    """Whether a shipment arrived; available_for_pickup is not delivered."""
    return observed.type == "shipment_status_changed" and observed.facts.get("status") == "delivered"


class Goods:
    """When something good happened."""

    __slots__ = ("_answers", "_orders", "_solved", "moments")

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        """In order."""
        self._orders: set[str] = set()
        self._solved: dict[str, list[Moment]] = {}
        """Ticket → when it was solved since it was opened last."""
        self._answers: dict[str, Step] = {}
        """Survey → the last answer on its scale."""

    def add(self, moment: Moment) -> bool:
        """Something good happened; True if that was not known."""
        at = bisect_left(self.moments, moment)
        if at < len(self.moments) and self.moments[at] == moment:
            return False
        self.moments.insert(at, moment)
        return True

    def _remove(self, moment: Moment) -> None:
        at = bisect_left(self.moments, moment)
        if at < len(self.moments) and self.moments[at] == moment:
            del self.moments[at]

    def order(self, step: Step) -> bool:
        """Hear an order_completed; True if that is good: if it is the first of its order."""
        order = thing_of(step.observed, "order:")
        if not order or order in self._orders:
            return False
        self._orders.add(order)
        return self.add(step.order)

    def solve(self, step: Step) -> bool:
        """Hear a ticket_solved."""
        for ticket in things_of(step.observed, "ticket:"):
            self._solved.setdefault(ticket, []).append(step.order)
        return self.add(step.order)

    def reopen(self, step: Step) -> bool:
        """Hear a ticket_reopened: it was not solved for good."""
        for ticket in things_of(step.observed, "ticket:"):
            for moment in self._solved.pop(ticket, ()):
                self._remove(moment)
        return True

    def answer(self, step: Step) -> Step | None:
        """Hear an answer on its scale; give the earlier one to the same survey, which counts no more."""
        survey = thing_of(step.observed, "survey:") or str(step.observed.ref)
        earlier = self._answers.get(survey)
        self._answers[survey] = step
        if earlier is not None:
            self._remove(earlier.order)
        if is_top_box(step.observed):
            self.add(step.order)
        return earlier
