"""Metric windows (domain.md, section 7). Numbers are integers: minor units, ms, net promoter points times 100.

What comes in: interactions at their anchors (flow), and the customers' histories. What goes out: sums by window.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pipeline.core.around import named
from pipeline.core.flow import Flow, Part
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.oracle.history import History, amount, ids_of
from pipeline.core.oracle.sessions import Session
from pipeline.core.survey import answer_of
from pipeline.core.window import Contribution, Key, Total, bucket_of, key_at, key_of


def flow(observed: Observed, meaning: Meaning) -> Iterator[Contribution]:
    """Count an interaction in its own minute, channel and source, at its anchor."""
    for counted in meaning.flows.get(observed.type, ()):
        key = key_of(counted.metric, observed, declared=_declared(counted, observed))
        numerators = [_value(part, observed) for part in counted.numerator if _meant(part, observed)]
        values = [value for value in numerators if value is not None]
        if counted.kind in {"mean", "quantile"}:
            yield from (_mean(key, value) for value in values)
        elif counted.kind == "sum":
            yield from (Contribution(key, value, 0, 1) for value in values)
        else:
            below = [_value(part, observed) or 0 for part in counted.denominator if _meant(part, observed)]
            yield Contribution(key, sum(values), sum(below), sum(below))


def _declared(counted: Flow, observed: Observed) -> str:
    """Give "name=value" of the dimensions that the metric declares; without those that are not told."""
    values = [(field, observed.facts.get(field)) for field in counted.dimensions]
    return named([(field, str(value)) for field, value in values if value is not None])


def _meant(part: Part, observed: Observed) -> bool:
    """Whether the part is about an interaction like this."""
    facts = observed.facts
    if observed.type != part.type:
        return False
    for condition in part.where:
        value = facts.get(condition.field)
        if condition.above is None and value not in condition.among:
            return False
        if condition.above is not None and not (isinstance(value, int | float) and value > condition.above):
            return False
    return True


def _value(part: Part, observed: Observed) -> int | None:
    """Give what the interaction adds: 1, or the sum of its fields; None where one is no number."""
    if not part.sum:
        return 1
    total = 0.0
    for field in part.sum:
        value = observed.facts.get(field)
        if not isinstance(value, int | float):
            return None
        total += value
    return round(total * part.times)


def of_customer(history: History, sessions: list[Session], meaning: Meaning) -> Iterator[Contribution]:
    """Count what a customer's orders, sessions, carts, answers and replies are."""
    yield from _orders(history)
    for session in sessions:
        bought = int(session.orders(history) > 0)
        yield Contribution(key_of("session_conversion", session.first), bought, 1, 1)
        yield Contribution(key_of("friction_rate", session.first), 0, 1, 1)
    yield from _carts(history, meaning)
    yield from _checkouts(history, meaning)
    yield from _answers(history)
    yield from _first_responses(history)


def _orders(history: History) -> Iterator[Contribution]:
    for order in history.orders.values():
        yield Contribution(key_of("orders", order), 1, 0, 1)
        revenue, currency = amount(order, "revenue"), str(order.facts.get("currency") or "")
        if revenue is not None:
            yield Contribution(key_of("revenue", order, currency), revenue, 0, 1)
            yield _mean(key_of("average_order_value", order, currency), revenue)


def _carts(history: History, meaning: Meaning) -> Iterator[Contribution]:
    """A cart is abandoned unless an order has 0 <= order - clock <= 24 h; its clock is the last product_added."""
    clocks: dict[str, Observed] = {}
    for observed in history.interactions:
        if observed.type == "product_added":
            clocks.update(dict.fromkeys(ids_of(observed, "cart"), observed))
    for clock in clocks.values():
        abandoned = int(not _is_bought(history, clock, meaning))
        yield Contribution(key_of("cart_abandonment", clock), abandoned, 1, 1)


def _checkouts(history: History, meaning: Meaning) -> Iterator[Contribution]:
    """The same from the first checkout_started of a cart."""
    clocks: dict[str, Observed] = {}
    for observed in history.interactions:
        if observed.type == "checkout_started":
            for cart in ids_of(observed, "cart"):
                clocks.setdefault(cart, observed)
    for clock in clocks.values():
        abandoned = int(not _is_bought(history, clock, meaning))
        yield Contribution(key_of("checkout_abandonment", clock), abandoned, 1, 1)


def _is_bought(history: History, clock: Observed, meaning: Meaning) -> bool:
    return any(0 <= order.time - clock.time <= meaning.cart_patience for order in history.orders.values())


def _answers(history: History) -> Iterator[Contribution]:
    for observed in history.answers:
        answer = answer_of(observed)
        if answer is not None and answer.kind == "nps":
            points = 100 * (int(answer.is_promoter) - int(answer.is_detractor))
            yield _mean(key_of("nps", observed), points)
        elif answer is not None and answer.kind == "csat":
            yield Contribution(key_of("csat", observed), int(answer.is_top), 1, 1)
        elif answer is not None and answer.kind == "ces":
            yield _mean(key_of("ces", observed), round(answer.score * 1000))


def first_replies(history: History) -> list[tuple[Observed, Observed | None]]:
    """Give (what started the clock, first reply by an agent) of each conversation and ticket."""
    starts: dict[str, Observed] = {}
    replies: dict[str, Observed] = {}
    for observed in history.interactions:
        author = observed.facts.get("author")
        talk = "conversation" if observed.type == "message_sent" else "ticket"
        is_start = observed.type == "ticket_created" or (
            observed.type == "message_sent" and author == "customer"
        )
        is_reply = observed.type in {"message_sent", "ticket_comment_added"} and author == "agent"
        for thing in ids_of(observed, talk):
            if is_start:
                starts.setdefault(thing, observed)
            elif is_reply and thing in starts:
                replies.setdefault(thing, observed)
    return [(start, replies.get(thing)) for thing, start in starts.items()]


def _first_responses(history: History) -> Iterator[Contribution]:
    """Count a duration in the minute in which it ends, with channel and source of what started it."""
    for start, reply in first_replies(history):
        if reply is not None:
            waited = reply.time - start.time
            yield _mean(key_at("first_response_time", reply.time, start), waited)


def _mean(key: Key, value: int) -> Contribution:
    """Count a value of which there is a mean and a histogram."""
    return Contribution(key, value, 1, 1, bucket_of(value))


def windows_of(
    contributions: Iterable[Contribution],
) -> dict[Key, tuple[int, int, int, tuple[tuple[int, int], ...]]]:
    """Add up by window; without those that come to nothing."""
    totals: defaultdict[Key, Total] = defaultdict(Total)
    for contribution in contributions:
        totals[contribution.key].add(contribution)
    values = {key: total.values() for key, total in totals.items()}
    return {key: value for key, value in values.items() if value != (0, 0, 0, ())}
