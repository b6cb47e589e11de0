"""After the order: invoice, parcels, lateness, cancellation, return and refund.

What comes in: an order. What goes out: what fulfilment and billing tell of it, and how well it went.
"""

from pipeline.local.demo.order import Order
from pipeline.local.demo.record import rfc3339
from pipeline.local.demo.script import DAY, HOUR, MINUTE, Script


def bill(script: Script, order: Order) -> None:
    """Issue an invoice; some are paid later, and a few are disputed."""
    invoice = {"invoice_id": f"I{order.id}", "total": order.total, "order_id": order.id}
    issued = order.at + script.between(1, 30) * MINUTE
    script.tell("billing", "invoice_issued", issued, "system", order.who, invoice)
    if script.chance(0.15):
        script.tell("billing", "payment_succeeded", issued + 2 * DAY, "system", order.who, invoice)
    if script.chance(0.01):
        problem = {"reason": "charged_twice", "invoice_id": invoice["invoice_id"], "order_id": order.id}
        script.tell("billing", "billing_problem_reported", issued + 3 * DAY, "web", order.who, problem)
    if script.chance(0.004):
        dispute = {"order_id": order.id, "reason": "not_received", "total": order.total}
        script.tell("billing", "charge_disputed", issued + 5 * DAY, "system", order.who, dispute)


def cancel(script: Script, order: Order) -> None:
    """Cancel before it is sent; the money comes back."""
    at = order.at + script.between(1, 20) * HOUR
    script.tell(
        "storefront-web",
        "order_cancelled",
        at,
        "web",
        order.who,
        {"order_id": order.id, "reason": "changed_mind"},
    )
    refund(script, order, at + HOUR)


def refund(script: Script, order: Order, at: int) -> None:
    """Pay back the whole order."""
    data = {"order_id": order.id, "total": order.total, "reason": "returned"}
    script.tell("billing", "order_refunded", at, "system", order.who, data)


def deliver(script: Script, order: Order, *, late: bool) -> int:
    """Send the parcel in one or more steps; gives the moment of delivery."""
    parcel = {"shipment_id": f"T{order.id}", "order_id": order.id, "carrier": "parcel-post"}
    if script.chance(0.3):
        promised = {"order_id": order.id, "promised_at": rfc3339(order.promised_at)}
        script.tell("fulfilment", "delivery_promised", order.at + MINUTE, "system", order.who, promised)
    if script.chance(0.02):
        missing = {"order_id": order.id, "product_id": order.product}
        script.tell("fulfilment", "item_out_of_stock", order.at + HOUR, "system", order.who, missing)
    if script.chance(0.04):
        updated = {"order_id": order.id, "total": order.total}
        script.tell("fulfilment", "order_updated", order.at + 2 * HOUR, "system", order.who, updated)
    arrival = order.promised_at + (script.between(6, 70) if late else -script.between(2, 30)) * HOUR
    span = arrival - order.at
    steps = [("pending", span // 20), ("in_transit", span // 3), ("out_for_delivery", span - 4 * HOUR)]
    if script.chance(0.3 if late else 0.03):
        steps.append((script.rng.choice(("attempt_failed", "exception")), span - 2 * HOUR))
    if script.chance(0.08):
        steps.append(("available_for_pickup", span - HOUR))
    for status, after in [*steps, ("delivered", span)]:
        script.tell(
            "fulfilment",
            "shipment_status_changed",
            order.at + after,
            "mail",
            order.who,
            {**parcel, "status": status},
        )
    return arrival


def send_back(script: Script, order: Order, at: int) -> None:
    """Ask for a return, send it back, get the money."""
    request = {"order_id": order.id, "reason": script.rng.choice(("too_small", "damaged", "changed_mind"))}
    source, channel = ("pos", "store") if order.channel == "store" else ("storefront-web", "web")
    script.tell(source, "return_requested", at, channel, order.who, {**request, "product_id": order.product})
    received = at + (MINUTE if channel == "store" else script.between(2, 5) * DAY)
    script.tell("fulfilment", "return_received", received, "system", order.who, {"order_id": order.id})
    refund(script, order, received + script.between(1, 20) * HOUR)
