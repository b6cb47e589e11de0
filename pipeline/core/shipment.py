"""Shipments: whose they are, when they arrived, and whether that was in time (domain.md, sections 6 and 7).

What comes in: a customer's steps that tell of orders, promises, shipments and returns, in order. What goes out:
contributions to metrics per shipment, which need no order_completed, and to those per delivered order, which do.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.core.absence import is_delivered, promises
from pipeline.core.message import Observed
from pipeline.core.purchase import first_orders
from pipeline.core.step import Step
from pipeline.core.things import things_of
from pipeline.core.window import Contribution, key_of

_PROMISING: Final = frozenset({"order_completed", "delivery_promised"})


def orders_of_shipments(steps: Sequence[Step]) -> defaultdict[str, set[str]]:
    """Give the orders with which each shipment was seen."""
    orders_of: defaultdict[str, set[str]] = defaultdict(set)
    for step in steps:
        if step.observed.type == "shipment_status_changed":
            for shipment in things_of(step.observed, "shipment:"):
                orders_of[shipment].update(things_of(step.observed, "order:"))
    return orders_of


def shipments(steps: Sequence[Step]) -> Iterator[Contribution]:
    """Count each shipment at its first status (below wismo_rate), and what was delivered at its first delivered."""
    known: set[str] = set()
    delivered: dict[str, Observed] = {}
    for step in steps:
        observed = step.observed
        if observed.type != "shipment_status_changed":
            continue
        for shipment in things_of(observed, "shipment:"):
            if shipment not in known:
                known.add(shipment)
                yield Contribution(key_of("wismo_rate", observed), 0, 1, 1)
            if is_delivered(observed):
                delivered.setdefault(shipment, observed)
    if delivered:
        yield from _delivered(steps, delivered)


def _delivered(steps: Sequence[Step], delivered: dict[str, Observed]) -> Iterator[Contribution]:
    """Count shipments with a promise, in time or late, and delivered orders, returned or kept."""
    promised = promises([step for step in steps if step.observed.type in _PROMISING])
    returned = {
        order
        for step in steps
        if step.observed.type == "return_received"
        for order in things_of(step.observed, "order:")
    }
    orders_of, arrived = orders_of_shipments(steps), dict[str, Observed]()
    for shipment, observed in delivered.items():
        orders = orders_of[shipment]
        if deadlines := [promised[order].deadline for order in orders if order in promised]:
            in_time = observed.time <= max(deadlines)
            yield Contribution(key_of("on_time_delivery", observed), int(in_time), 1, 1)
        for order in orders:
            arrived.setdefault(order, observed)
    for order in first_orders(steps).keys() & arrived.keys():
        yield Contribution(key_of("return_rate", arrived[order]), int(order in returned), 1, 1)
