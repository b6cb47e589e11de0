"""Orders: the way through the checkout, a sale at a till, an order by phone.

What comes in: a visit with a cart, or a person and a moment. What goes out: an order, and its interactions.
"""

import msgspec

from pipeline.local.demo.catalogue import PRODUCTS, STORES, Country, Json, line
from pipeline.local.demo.experiment import CHECKOUT, FAILED_PAYMENT, GIVES_UP_PAYING
from pipeline.local.demo.people import Shopper
from pipeline.local.demo.record import rfc3339
from pipeline.local.demo.script import DAY, MINUTE, SECOND, Script
from pipeline.local.demo.visit import Visit


class Order(msgspec.Struct, kw_only=True):
    """A completed order."""

    id: str
    shopper: Shopper
    at: int
    channel: str
    total: Json
    product: str
    """Id of its first product."""
    promised_at: int = 0
    """0 where nothing is delivered."""

    @property
    def who(self) -> Json:
        """Give the identifiers that systems behind the shop have for its customer."""
        return self.shopper.known()


def total_of(lines: list[Json], country: Country) -> Json:
    """Add up the lines of an order."""
    amount = sum(each["price"]["amount"] * each["quantity"] for each in lines)
    return {"amount": amount, "currency": country.currency}


def check_out(visit: Visit) -> Order | None:
    """Go through the checkout; None where the person gives up or cannot pay."""
    script, shopper = visit.script, visit.shopper
    variation = "A"
    lines = visit.lines()
    total = total_of(lines, shopper.country)
    checkout = {"checkout_id": f"X{script.number('checkout'):06}"}
    visit.do("checkout_started", {"cart_id": visit.cart, "value": total, **checkout})
    if not shopper.has_checked_out:
        variation = visit.see(CHECKOUT)
        shopper.has_checked_out = True
    gives_up = CHECKOUT.gives_up[variation]
    if script.chance(gives_up / 2):
        return None
    if not shopper.customer:
        visit.who = {**visit.who, "email": shopper.email}
    visit.sign_in()
    visit.do("checkout_step_completed", {**checkout, "step": "address"})
    if script.chance(gives_up / 2):
        return None
    method = script.rng.choice(("card", "wallet", "invoice"))
    visit.do("payment_info_entered", {**checkout, "method": method})
    if script.chance(FAILED_PAYMENT):
        visit.do("payment_failed", {**checkout, "reason": "card_declined", "method": method})
        if script.chance(GIVES_UP_PAYING):
            return None
    return complete(visit, lines, total, checkout, method)


def complete(
    visit: Visit, lines: list[Json], total: Json, checkout: Json, method: str = "card"
) -> Order | None:
    """Complete the order of a checkout; None where that would be after the end."""
    script, shopper = visit.script, visit.shopper
    order = Order(
        id=f"O{script.number('order'):06}",
        shopper=shopper,
        at=0,
        channel=visit.where,
        total=total,
        product=lines[0]["product_id"],
    )
    promised = visit.at + script.between(2, 4) * DAY
    data = {
        "order_id": order.id,
        "total": total,
        "revenue": total,
        "products": lines,
        "cart_id": visit.cart,
        **checkout,
    }
    visit.do("order_completed", {**data, "promised_delivery_at": rfc3339(promised)})
    if visit.at > script.end:
        return None
    order.at, order.promised_at = visit.at, promised
    _remember(order)
    visit.cart, visit.items = "", []
    paid = {"order_id": order.id, "total": total, "method": method}
    script.tell("billing", "payment_succeeded", visit.at + 3 * SECOND, "system", order.who, paid)
    return order


def sell_in_store(script: Script, shopper: Shopper, at: int) -> Order:
    """Visit a store and buy there; the till knows the card, or nobody."""
    store = {"store_id": STORES[shopper.country.code]}
    if shopper.device and shopper.customer and script.chance(0.5):
        who = {"customer_id": shopper.customer, "device_id": shopper.device}
        script.tell("storefront-app", "store_visited", at, "store", who, store)
    chosen = script.rng.sample(PRODUCTS, script.between(1, 3))
    lines = [line(product, 1, shopper.country) for product in chosen]
    total = total_of(lines, shopper.country)
    order = Order(
        id=f"S{script.number('sale'):06}",
        shopper=shopper,
        at=at + script.between(6, 40) * MINUTE,
        channel="store",
        total=total,
        product=chosen[0].id,
    )
    data = {"order_id": order.id, "total": total, "revenue": total, "products": lines}
    script.tell(
        "pos",
        "order_completed",
        order.at,
        "store",
        shopper.in_store(),
        data,
        {**store, "country": shopper.country.code},
    )
    _remember(order)
    return order


def _remember(order: Order) -> None:
    order.shopper.bought.append((order.at, order.id, order.total["amount"]))


def order_by_phone(script: Script, shopper: Shopper, at: int, contact: Json) -> Order:
    """Order while talking to an agent."""
    chosen = script.rng.choice(PRODUCTS)
    lines = [line(chosen, 1, shopper.country)]
    total = total_of(lines, shopper.country)
    order = Order(
        id=f"P{script.number('phone order'):06}",
        shopper=shopper,
        at=at,
        channel="phone",
        total=total,
        product=chosen.id,
        promised_at=at + 3 * DAY,
    )
    data = {"order_id": order.id, "total": total, "revenue": total, "products": lines}
    promise = {"promised_delivery_at": rfc3339(order.promised_at)}
    script.tell(
        "contact-centre", "order_completed", at, "phone", {**order.who, **contact}, {**data, **promise}
    )
    _remember(order)
    return order
