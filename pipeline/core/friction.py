"""Friction: what hurt the customer, each root cause once (domain.md, section 6).

What comes in: a step whose session is known. What goes out: the kind of friction, or "". Absences (late delivery,
late first reply) and the score are not here yet.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed, kind_of
from pipeline.core.step import Step
from pipeline.core.survey import is_bottom_box

_BY_TYPE: Final[Mapping[str, str]] = {
    "payment_failed": "payment_failed",
    "coupon_denied": "coupon_denied",
    "error_shown": "error_shown",
    "rage_clicked": "rage_clicked",
    "item_out_of_stock": "out_of_stock",
    "contact_transferred": "contact_transferred",
    "ticket_reopened": "ticket_reopened",
    "order_refunded": "refund",
    "charge_disputed": "dispute",
    "billing_problem_reported": "billing_problem",
    "subscription_renewal_failed": "renewal_failed",
}
_ROOTS: Final = ("order", "ticket", "contact", "conversation")


def _shipment(observed: Observed, _: Meaning) -> str:
    status = observed.facts.get("status")
    return str(status) if status in {"attempt_failed", "exception"} else ""


def _search(observed: Observed, _: Meaning) -> str:
    return "zero_results" if observed.facts.get("results_count") == 0 else ""


def _page(observed: Observed, meaning: Meaning) -> str:
    load = observed.facts.get("load_ms")
    return "slow_page" if isinstance(load, int | float) and load > meaning.slow_page else ""


def _survey(observed: Observed, _: Meaning) -> str:
    return "low_survey" if is_bottom_box(observed) else ""


_BY_FACT: Final[Mapping[str, Callable[[Observed, Meaning], str]]] = {
    "shipment_status_changed": _shipment,
    "products_searched": _search,
    "page_loaded": _page,
    "survey_answered": _survey,
}


CANDIDATES: Final = frozenset(_BY_TYPE) | frozenset(_BY_FACT)
"""Types that can be a friction."""


def friction_of(observed: Observed, meaning: Meaning) -> str:
    """Give the kind of friction that the interaction is, or ""."""
    kind = _BY_TYPE.get(observed.type)
    if kind is not None:
        return kind
    by_fact = _BY_FACT.get(observed.type)
    return by_fact(observed, meaning) if by_fact is not None else ""


def root_cause(kind: str, step: Step) -> tuple[str, object]:
    """Give what makes two frictions one: the kind and its order, ticket or contact, else its session, else itself."""
    for root in _ROOTS:
        for thing in step.observed.things:
            if kind_of(thing) == root:
                return (kind, thing)
    return (kind, step.session.started if step.session is not None else step.order)
