"""Good experiences: what ends a streak of frictions (domain.md, section 6)."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.core.absence import Promise, is_delivered
from pipeline.core.message import Observed, Ref
from pipeline.core.step import Step
from pipeline.core.survey import is_top_box
from pipeline.core.things import thing_of

Moment = tuple[int, Ref]


def goods(
    steps: Sequence[Step], answers: Collection[Ref], promised: Mapping[str, Promise]
) -> Iterator[Moment]:
    """Give when something good happened, in order."""
    orders: set[str] = set()
    arrived: set[str] = set()
    reopened = {
        thing_of(s.observed, "ticket:"): s.order for s in steps if s.observed.type == "ticket_reopened"
    }
    for step in steps:
        observed = step.observed
        match observed.type:
            case "order_completed":
                good = _is_new(thing_of(observed, "order:"), orders)
            case "shipment_status_changed" if is_delivered(observed):
                first = _is_new(thing_of(observed, "shipment:"), arrived)
                good = first and _is_in_time(observed, promised)
            case "ticket_solved":
                last = reopened.get(thing_of(observed, "ticket:"))
                good = last is None or last < step.order
            case "survey_answered":
                good = observed.ref in answers and is_top_box(observed)
            case _:
                good = False
        if good:
            yield step.order


def _is_new(thing: str, known: set[str]) -> bool:
    new = bool(thing) and thing not in known
    known.add(thing)
    return new


def _is_in_time(observed: Observed, promised: Mapping[str, Promise]) -> bool:
    promise = promised.get(thing_of(observed, "order:"))
    return promise is not None and observed.time <= promise.deadline
