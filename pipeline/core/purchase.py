"""Purchases: what became of a customer's orders (domain.md, sections 5 and 7).

What comes in: a customer's steps that tell of orders, in order. What goes out: contributions in the minute, channel
and source of the order, whoever booked what became of it, and whenever.
"""

from collections.abc import Iterator, Sequence

from pipeline.core.message import Observed
from pipeline.core.step import Step
from pipeline.core.things import thing_of, things_of
from pipeline.core.window import Contribution, key_of


def first_orders(steps: Sequence[Step]) -> dict[str, Observed]:
    """Give the orders, each with its first order_completed, in order; later ones count nowhere."""
    orders: dict[str, Observed] = {}
    for step in steps:
        if step.observed.type == "order_completed" and (order := thing_of(step.observed, "order:")):
            orders.setdefault(order, step.observed)
    return orders


def purchases(steps: Sequence[Step]) -> Iterator[Contribution]:
    """Count orders that are not the customer's first, were refunded (in part, too), or lacked an item."""
    refunded, lacking = set[str](), set[str]()
    for step in steps:
        match step.observed.type:
            case "order_refunded":
                refunded.update(things_of(step.observed, "order:"))
            case "item_out_of_stock":
                lacking.update(things_of(step.observed, "order:"))
            case _:
                pass
    for number, (order, observed) in enumerate(first_orders(steps).items()):
        yield Contribution(key_of("repeat_purchase_rate", observed), int(number > 0), 1, 1)
        yield Contribution(key_of("refund_rate", observed), int(order in refunded), 1, 1)
        yield Contribution(key_of("stockout_after_order", observed), int(order in lacking), 1, 1)
