"""Bad experiences that one interaction shows by itself."""

from collections.abc import Callable, Mapping
from typing import Final

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
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

SHOWN: Final = frozenset(_BY_TYPE) | frozenset(_BY_FACT)
"""Types that can be a friction."""


def kind_shown(observed: Observed, meaning: Meaning) -> str:
    """Give the kind of friction that the interaction is, or ""."""
    kind = _BY_TYPE.get(observed.type)
    if kind is not None:
        return kind
    by_fact = _BY_FACT.get(observed.type)
    return by_fact(observed, meaning) if by_fact is not None else ""
