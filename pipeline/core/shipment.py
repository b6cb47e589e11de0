"""Shipments: whose they are, when they arrived, and whether that was in time (domain.md, sections 6 and 7).

What comes in: promises and statuses, in the order of time. What goes out: cases for each shipment, which need no order_completed;
and word to the orders that arrived. A shipment belongs to all orders that any of its statuses carries.
"""

from pipeline.core.case import Cases
from pipeline.core.good import is_delivered
from pipeline.core.message import Observed
from pipeline.core.purchase import Purchases
from pipeline.core.things import things_of


class _Shipment:
    """What is known of one."""

    __slots__ = ("delivered", "orders")

    def __init__(self) -> None:
        self.orders: dict[str, None] = {}
        """Its orders, in the order in which they were seen."""
        self.delivered: Observed | None = None
        """The first time."""


class Shipments:
    """A customer's shipments."""

    __slots__ = ("_cases", "_of_order", "_promised", "_purchases", "_shipments")

    def __init__(self, cases: Cases, purchases: Purchases) -> None:
        self._cases = cases
        self._purchases = purchases
        self._shipments: dict[str, _Shipment] = {}
        self._of_order: dict[str, list[str]] = {}
        self._promised: dict[str, int] = {}
        """Order → its deadline, the earliest that was promised by event time."""

    def promise(self, order: str, observed: Observed) -> None:
        """Hear the first order_completed of an order, or a delivery_promised."""
        deadline = observed.facts.get("promised_at")
        if order not in self._promised and isinstance(deadline, int):
            self._promised[order] = deadline
            for shipment in self._of_order.get(order, ()):
                self._see(shipment)

    def hear(self, observed: Observed) -> None:
        """Hear a status. Its first one makes a shipment (below wismo_rate)."""
        orders = things_of(observed, "order:")
        for name in things_of(observed, "shipment:"):
            known = self._shipments.get(name)
            if known is None:
                known = self._shipments[name] = _Shipment()
                self._cases.add("wismo_rate", observed, 0, 1)
            fresh = [order for order in orders if order not in known.orders]
            known.orders.update(dict.fromkeys(fresh))
            for order in fresh:
                self._of_order.setdefault(order, []).append(name)
            arrives = known.delivered is None and is_delivered(observed)
            if arrives:
                known.delivered = observed
            if known.delivered is not None and (arrives or fresh):
                self._see(name)
                self._purchases.arrive(known.orders, known.delivered)

    def _see(self, name: str) -> None:
        """Of several promises one that is kept will do, as for the streak of frictions."""
        known = self._shipments[name]
        deadlines = [self._promised[order] for order in known.orders if order in self._promised]
        if known.delivered is not None and deadlines:
            in_time = known.delivered.time <= max(deadlines)
            self._cases.count("on_time_delivery", name, known.delivered, in_time)
