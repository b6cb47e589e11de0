"""What hurt, in words that a person understands, and where it belongs in a story."""

from collections.abc import Mapping
from typing import Any, Final

KINDS: Final = {
    "payment_failed": "payment failed",
    "coupon_denied": "coupon denied",
    "error_shown": "an error was shown",
    "rage_clicked": "clicked in rage",
    "zero_results": "search found nothing",
    "slow_page": "slow page",
    "out_of_stock": "out of stock after the order",
    "late_delivery": "not delivered when promised",
    "attempt_failed": "delivery attempt failed",
    "exception": "shipment went wrong",
    "contact_transferred": "passed on to somebody else",
    "repeat_contact": "had to ask again about the same matter",
    "ticket_reopened": "ticket opened again",
    "late_first_reply": "no first reply in time",
    "low_survey": "bad marks in a survey",
    "refund": "money given back",
    "dispute": "payment disputed",
    "billing_problem": "problem with the bill",
    "renewal_failed": "renewal failed",
}


def cause_of(friction: Mapping[str, Any]) -> str:
    """Give a friction in words, with what it adds to: the score, the streak, the threshold."""
    parts = [KINDS.get(friction["kind"], str(friction["kind"]).replace("_", " "))]
    if friction["absence"]:
        parts.append(f"deadline {friction['time']:%Y-%m-%d %H:%M}")
    parts.append(f"score {friction['score']:.1f}")
    parts.append(f"streak {friction['streak']}")
    if friction["crossed"]:
        parts.append("threshold crossed")
    return " · ".join(parts)
