"""Cohorts (domain.md, section 7; decision 84): numerator and denominator count where the denominator happened.

What comes in: a customer's history. What goes out: contributions to windows. One loop over cases for each metric.
"""

from collections.abc import Iterator

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.oracle.absences import promise_of
from pipeline.core.oracle.frictions import repeats_of
from pipeline.core.oracle.history import History, ids_of, moment_of
from pipeline.core.survey import answer_of
from pipeline.core.window import Contribution, bucket_of, key_at, key_of


def cohorts_of(history: History, meaning: Meaning) -> Iterator[Contribution]:
    """Count what became of a customer's orders, shipments, contacts, tickets, calls and invitations."""
    yield from _orders(history)
    yield from _contacts(history, meaning)
    yield from _shipments(history)
    yield from _deliveries(history)
    yield from _queued_calls(history)
    yield from _invitations(history)
    yield from _resolution_times(history)
    yield from _resolutions(history, meaning)


def _case(metric: str, at: Observed, is_so: bool) -> Contribution:  # noqa: FBT001 - the answer of the case
    return Contribution(key_of(metric, at), int(is_so), 1, 1)


def _told(history: History, kind: str) -> list[Observed]:
    return [observed for observed in history.interactions if observed.type == kind]


def _orders(history: History) -> Iterator[Contribution]:
    """Orders of customers with an earlier order; refunded; with an item out of stock; with a contact / orders."""
    refunds, shortages = _told(history, "order_refunded"), _told(history, "item_out_of_stock")
    matters = [history.matters_of(start) for start in history.starts]
    for order, completed in history.orders.items():
        earlier = any(moment_of(other) < moment_of(completed) for other in history.orders.values())
        refunded = any(order in refund.things for refund in refunds)
        lacking = any(order in shortage.things for shortage in shortages)
        contacted = any(order in matter.orders for matter in matters)
        yield _case("repeat_purchase_rate", completed, earlier)
        yield _case("refund_rate", completed, refunded)
        yield _case("stockout_after_order", completed, lacking)
        yield _case("contact_rate", completed, contacted)


def _contacts(history: History, meaning: Meaning) -> Iterator[Contribution]:
    """Contacts with an earlier one about the same matter in 7 d / contacts; and those that ask where an order is."""
    repeated = repeats_of(history, meaning)
    for start in history.starts:
        yield _case("repeat_contact_rate", start, start in repeated)
        if start.facts.get("reason_code") in {"wismo", "where_is_my_order"}:
            yield Contribution(key_of("wismo_rate", start), 1, 0, 0)


def _statuses(history: History) -> dict[str, list[Observed]]:
    """Give shipment → its statuses in order."""
    found: dict[str, list[Observed]] = {}
    for observed in _told(history, "shipment_status_changed"):
        for shipment in ids_of(observed, "shipment"):
            found.setdefault(shipment, []).append(observed)
    return found


def _first_delivered(statuses: list[Observed]) -> Observed | None:
    return next((status for status in statuses if status.facts.get("status") == "delivered"), None)


def _shipments(history: History) -> Iterator[Contribution]:
    """Contacts that ask where an order is / shipments (first status); delivered <= promised / delivered with a promise."""
    for statuses in _statuses(history).values():
        yield Contribution(key_of("wismo_rate", statuses[0]), 0, 1, 1)
        delivered = _first_delivered(statuses)
        orders = {order for status in statuses for order in ids_of(status, "order")}
        deadlines = [promise[0] for order in orders if (promise := promise_of(history, order))]
        if delivered is not None and deadlines:
            in_time = any(delivered.time <= deadline for deadline in deadlines)
            yield _case("on_time_delivery", delivered, in_time)


def _deliveries(history: History) -> Iterator[Contribution]:
    """Orders with return_received / orders delivered."""
    shipments, returns = _statuses(history), _told(history, "return_received")
    for order in history.orders:
        arrived = [
            delivered
            for statuses in shipments.values()
            if any(order in status.things for status in statuses)
            and (delivered := _first_delivered(statuses)) is not None
        ]
        if arrived:
            returned = any(order in back.things for back in returns)
            yield _case("return_rate", min(arrived, key=moment_of), returned)


def _queued_calls(history: History) -> Iterator[Contribution]:
    """Left in queue / queued: after its last contact_queued it ended, and no agent came."""
    queued: dict[str, list[Observed]] = {}
    for observed in _told(history, "contact_queued"):
        for contact in ids_of(observed, "contact"):
            queued.setdefault(contact, []).append(observed)
    for contact, waits in queued.items():
        after = {
            observed.type
            for observed in history.interactions
            if contact in observed.things and moment_of(observed) > moment_of(waits[-1])
        }
        left = "contact_disconnected" in after and "contact_connected_to_agent" not in after
        yield _case("contact_abandonment", waits[0], left)


def _invitations(history: History) -> Iterator[Contribution]:
    """Answered / shown: one case for each survey_id; an answer off its scale is none."""
    cases: dict[str, Observed] = {}
    for shown in _told(history, "survey_shown"):
        for survey in ids_of(shown, "survey"):
            cases.setdefault(survey, shown)
    answers = [answer for answer in _told(history, "survey_answered") if answer_of(answer) is not None]
    for survey, shown in cases.items():
        answered = any(survey in answer.things for answer in answers)
        yield _case("survey_response_rate", shown, answered)


def _by_ticket(history: History, kind: str) -> dict[str, list[Observed]]:
    found: dict[str, list[Observed]] = {}
    for observed in _told(history, kind):
        for ticket in ids_of(observed, "ticket"):
            found.setdefault(ticket, []).append(observed)
    return found


def _resolution_times(history: History) -> Iterator[Contribution]:
    """Last ticket_solved - first ticket_created, in the minute in which it ends."""
    created = _by_ticket(history, "ticket_created")
    for ticket, solved in _by_ticket(history, "ticket_solved").items():
        if ticket in created and moment_of(created[ticket][0]) < moment_of(solved[-1]):
            start, end = created[ticket][0], solved[-1].time
            took = end - start.time
            yield Contribution(key_at("resolution_time", end, start), took, 1, 1, bucket_of(took))


def _resolutions(history: History, meaning: Meaning) -> Iterator[Contribution]:
    """Tickets with no reopening and no further contact about the same matter in (0, 7 d] after the first ticket_solved."""
    created, reopened = _by_ticket(history, "ticket_created"), _by_ticket(history, "ticket_reopened")
    for ticket, solved in _by_ticket(history, "ticket_solved").items():
        began = created.get(ticket, [])[:1]
        own = [_contact_of(history, began[0])] if began else []
        matters = [history.matters_of(part) for part in [*began, *own]]
        further = [
            start
            for start in history.starts
            if start not in own and any(history.matters_of(start).is_same(matter) for matter in matters)
        ]
        if not began and ticket in history.order_of:
            order = history.order_of[ticket]
            further = [start for start in history.starts if order in history.matters_of(start).orders]
        after = [again.time - solved[0].time for again in [*reopened.get(ticket, []), *further]]
        came_back = any(0 < span <= meaning.repeat_reach for span in after)
        yield _case("first_contact_resolution", solved[0], not came_back)


def _contact_of(history: History, created: Observed) -> Observed:
    """Give the start of the contact that a ticket_created is part of, or itself, where it is one."""
    if created in history.starts:
        return created
    earlier = [start for start in history.starts if moment_of(start) < moment_of(created)]
    for thing in ids_of(created, "contact", "conversation"):
        for start in earlier:
            if thing in start.things:
                return start
    raise AssertionError(created)
