"""Frictions (domain.md, section 6; decision 7): what hurt, counted once per root cause, with score and streak.

What comes in: a customer's history and sessions. What goes out: its frictions in order of (time, source, id, kind).
"""

from typing import Final, NamedTuple

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed, Ref
from pipeline.core.oracle.absences import late_deliveries, late_first_replies, promise_of
from pipeline.core.oracle.history import History, Moment, ids_of, moment_of
from pipeline.core.oracle.sessions import Session
from pipeline.core.survey import answer_of, is_bottom_box

_BY_TYPE: Final = {
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


class Friction(NamedTuple):
    """One bad experience; sorts in order."""

    time: int
    ref: Ref
    kind: str
    observed: Observed
    """What shows it, or started the clock."""
    absence: bool = False


class Felt(NamedTuple):
    """A friction as one of a row of them."""

    friction: Friction
    score: float
    crossed: bool
    streak: int
    streak_ended_at: int | None
    """When the next good experience came."""


def frictions_of(history: History, session_of: dict[Ref, Session], meaning: Meaning) -> list[Friction]:
    """Give the frictions that count: per root cause the earliest."""
    shown = [(kind, o) for o in history.interactions if (kind := _shown_by(o, meaning))]
    shown += [("low_survey", o) for o in history.answers if is_bottom_box(o)]
    shown += [("repeat_contact", o) for o in repeats_of(history, meaning)]
    all_of_them = [Friction(o.time, o.ref, kind, o) for kind, o in shown]
    for kind, found in (
        ("late_delivery", late_deliveries(history)),
        ("late_first_reply", late_first_replies(history, meaning)),
    ):
        all_of_them += [Friction(deadline, o.ref, kind, o, absence=True) for deadline, o in found]
    causes: dict[object, Friction] = {}
    for friction in sorted(all_of_them, key=lambda f: f[:3]):
        causes.setdefault(_cause(friction, session_of), friction)
    return list(causes.values())


def _shown_by(observed: Observed, meaning: Meaning) -> str:
    """Give the kind that an interaction shows by itself, or ""."""
    facts = observed.facts
    match observed.type:
        case "products_searched":
            return "zero_results" if facts.get("results_count") == 0 else ""
        case "page_loaded":
            load = facts.get("load_ms")
            return "slow_page" if isinstance(load, int | float) and load > meaning.slow_page else ""
        case "shipment_status_changed":
            status = str(facts.get("status"))
            return status if status in {"attempt_failed", "exception"} else ""
        case other:
            return _BY_TYPE.get(other, "")


def _cause(friction: Friction, session_of: dict[Ref, Session]) -> tuple[str, object]:
    """Kind and the first id that the interaction itself carries, else its session, else itself."""
    for kind in ("order", "ticket", "contact", "conversation"):
        for thing in ids_of(friction.observed, kind):
            return friction.kind, thing
    session = session_of.get(friction.ref)
    return friction.kind, ("session", session.first.ref) if session else friction.ref


def repeats_of(history: History, meaning: Meaning) -> list[Observed]:
    """Give the contact starts that have an earlier one about the same matter within 7 days."""
    matters = [history.matters_of(start) for start in history.starts]
    repeats = []
    for later, start in enumerate(history.starts):
        for earlier in range(later):
            same = matters[later].is_same(matters[earlier])
            if same and start.time - history.starts[earlier].time <= meaning.repeat_reach:
                repeats.append(start)
                break
    return repeats


def _good_moments(history: History) -> list[Moment]:
    """Give when something was good: an order, a delivery in time, a ticket solved for good, a top answer."""
    good = [*history.orders.values(), *_deliveries_in_time(history), *_solved_for_good(history)]
    good += [observed for observed in history.answers if _is_top(observed)]
    return sorted(moment_of(observed) for observed in good)


def _is_top(observed: Observed) -> bool:
    answer = answer_of(observed)
    return answer is not None and (answer.is_promoter if answer.kind == "nps" else answer.is_top)


def _deliveries_in_time(history: History) -> list[Observed]:
    """Give the first delivered of each shipment, where its order had a promise and it kept it."""
    found: list[Observed] = []
    delivered: set[str] = set()
    for observed in history.interactions:
        if observed.type == "shipment_status_changed" and observed.facts.get("status") == "delivered":
            for shipment in ids_of(observed, "shipment"):
                if shipment not in delivered and _is_in_time(history, shipment, observed.time):
                    found.append(observed)
                delivered.add(shipment)
    return found


def _solved_for_good(history: History) -> list[Observed]:
    """Give each ticket_solved after which no ticket_reopened of that ticket comes."""
    found: list[Observed] = []
    reopened: set[str] = set()
    for observed in reversed(history.interactions):
        tickets = ids_of(observed, "ticket")
        if observed.type == "ticket_reopened":
            reopened.update(tickets)
        elif observed.type == "ticket_solved" and reopened.isdisjoint(tickets):
            found.append(observed)
    return found


def _is_in_time(history: History, shipment: str, delivered: int) -> bool:
    """Whether the order of a shipment had a promise that a time keeps."""
    orders = {
        order
        for o in history.interactions
        if o.type == "shipment_status_changed" and shipment in o.things
        for order in ids_of(o, "order")
    }
    promises = [promise for order in orders if (promise := promise_of(history, order))]
    return any(delivered <= deadline for deadline, _ in promises)


def felt(history: History, frictions: list[Friction], meaning: Meaning) -> list[Felt]:
    """Give each friction its score, whether it crossed the threshold, and the streak."""
    found: list[Felt] = []
    good = _good_moments(history)
    crossed, streak, passed = False, 0, 0
    for at, friction in enumerate(frictions):
        now = friction.time
        weights = [
            0.5 ** ((now - f.time) / meaning.friction_half_life)
            for f in frictions[: at + 1]
            if now - f.time <= meaning.friction_reach
        ]
        if sum(weights[:-1]) < meaning.friction_cleared:
            crossed = False
        crosses = not crossed and sum(weights) >= meaning.friction_threshold
        crossed = crossed or crosses
        streak += 1
        while passed < len(good) and good[passed] <= (now, friction.ref):
            passed, streak = passed + 1, 1
        after = good[passed][0] if passed < len(good) else None
        found.append(Felt(friction, sum(weights), crosses, streak, after))
    return found
