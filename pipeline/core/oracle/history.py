"""What all rules about one customer ask of its interactions (domain.md, sections 5 and 7): orders, starts, answers.

What comes in: a customer's interactions in order. What goes out: its orders, contact starts and the answers that exist.
"""

from typing import NamedTuple

from pipeline.core.message import Observed, Ref, kind_of
from pipeline.core.survey import answer_of

Moment = tuple[int, Ref]
"""(time, (source, id)): what interactions are ordered by."""


def moment_of(observed: Observed) -> Moment:
    """Give its place in the order of interactions."""
    return (observed.time, observed.ref)


def ids_of(observed: Observed, *kinds: str) -> list[str]:
    """Give the identifiers of these kinds that an interaction carries, as given."""
    return [thing for thing in observed.things if kind_of(thing) in kinds]


def amount(observed: Observed, fact: str) -> int | None:
    """Give an amount of money in minor units, None where it is none."""
    value = observed.facts.get(fact)
    return value if isinstance(value, int) else None


class Matter(NamedTuple):
    """What a contact is about."""

    reason: object
    orders: set[str]

    def is_same(self, other: "Matter") -> bool:
        """An equal reason_code, or the same order; without either, nothing is the same."""
        return bool(self.reason and self.reason == other.reason) or bool(self.orders & other.orders)


class History:
    """A customer's interactions in order, and what follows from them alone."""

    def __init__(self, customer: str, interactions: list[Observed]) -> None:
        self.customer = customer
        self.interactions = interactions
        self.orders: dict[str, Observed] = {}
        """"order:7" → its first order_completed."""
        self.starts: list[Observed] = []
        """Contact starts."""
        self.answers: list[Observed] = []
        """Survey answers on their scale; of several to one survey only the last."""
        for observed in interactions:
            if observed.type == "order_completed":
                for order in ids_of(observed, "order")[:1]:
                    self.orders.setdefault(order, observed)
        self.order_of: dict[str, str] = {}
        """Thing → the order with which it first appears together."""
        for observed in interactions:
            for order in ids_of(observed, "order")[:1]:
                for thing in observed.things:
                    self.order_of.setdefault(thing, order)
        self._find_starts()
        self._find_answers()

    def matters_of(self, observed: Observed) -> Matter:
        """Give what it is about: its reason, the orders that it carries, and those that its other things belong to."""
        orders = set(ids_of(observed, "order"))
        others = [thing for thing in observed.things if thing not in orders]
        orders.update(self.order_of[thing] for thing in others if thing in self.order_of)
        return Matter(observed.facts.get("reason_code"), orders)

    def is_order(self, observed: Observed) -> bool:
        """Whether it is the first order_completed of its order."""
        return any(order is observed for order in self.orders.values())

    def _find_starts(self) -> None:
        """A ticket_created that carries the contact or conversation of an earlier start is part of that."""
        begun: set[str] = set()
        for observed in self.interactions:
            talk = ids_of(observed, "contact", "conversation")
            starts = (
                observed.type == "conversation_started"
                or (
                    observed.type == "contact_initiated"
                    and observed.facts.get("method") not in {"outbound", "transfer"}
                )
                or (observed.type == "ticket_created" and begun.isdisjoint(talk))
            )
            if starts:
                self.starts.append(observed)
                begun.update(talk)

    def _find_answers(self) -> None:
        last: dict[object, Observed] = {}
        for observed in self.interactions:
            if observed.type == "survey_answered" and answer_of(observed) is not None:
                survey = ids_of(observed, "survey")
                last[survey[0] if survey else observed.ref] = observed
        self.answers = sorted(last.values(), key=moment_of)
