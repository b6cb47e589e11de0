"""Good experiences: what ends a streak of frictions (domain.md, section 6)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.core.absence import Promise, is_delivered
from pipeline.core.message import Ref
from pipeline.core.step import Step
from pipeline.core.survey import is_top_box
from pipeline.core.things import things_of

Moment = tuple[int, Ref]


def goods(
    steps: Sequence[Step], answers: Collection[Ref], promised: Mapping[str, Promise]
) -> Iterator[Moment]:
    """Give when something good happened, in order."""
    orders: set[str] = set()
    arrived: set[str] = set()
    reopened = {
        ticket: step.order
        for step in steps
        if step.observed.type == "ticket_reopened"
        for ticket in things_of(step.observed, "ticket:")
    }
    orders_of = _orders_of_shipments(steps)
    for step in steps:
        observed = step.observed
        match observed.type:
            case "order_completed":
                good = bool(_new(things_of(observed, "order:")[:1], orders))
            case "shipment_status_changed" if is_delivered(observed):
                good = any(
                    observed.time <= promised[order].deadline
                    for shipment in _new(things_of(observed, "shipment:"), arrived)
                    for order in orders_of[shipment] & promised.keys()
                )
            case "ticket_solved":
                good = all(reopened.get(t, step.order) <= step.order for t in things_of(observed, "ticket:"))
            case "survey_answered":
                good = observed.ref in answers and is_top_box(observed)
            case _:
                good = False
        if good:
            yield step.order


def _orders_of_shipments(steps: Sequence[Step]) -> defaultdict[str, set[str]]:
    """Give the orders with which each shipment was seen."""
    orders_of: defaultdict[str, set[str]] = defaultdict(set)
    for step in steps:
        if step.observed.type == "shipment_status_changed":
            for shipment in things_of(step.observed, "shipment:"):
                orders_of[shipment].update(things_of(step.observed, "order:"))
    return orders_of


def _new(things: list[str], known: set[str]) -> list[str]:
    """Give those not known yet, and know them."""
    new = [thing for thing in things if thing not in known]
    known.update(new)
    return new
