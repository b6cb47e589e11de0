"""Three weeks of a shopper's life: visits, carts left and found again, orders and what comes after them.

What comes in: a shopper. What goes out: interactions in the script.
"""

from collections.abc import Callable
from typing import Final

from pipeline.local.demo.after import bill, cancel, deliver, send_back
from pipeline.local.demo.catalogue import PRAISE, Json
from pipeline.local.demo.loyalty import enrol, reward
from pipeline.local.demo.order import Order, check_out, order_by_phone, sell_in_store
from pipeline.local.demo.people import Shopper, moment
from pipeline.local.demo.script import DAY, HOUR, MINUTE, SECOND, Script
from pipeline.local.demo.service import call, chat, survey, write_ticket
from pipeline.local.demo.visit import Visit, Where

_REASONS: Final = ("product_question", "change_address", "opening_hours", "complaint")


def live(script: Script, shopper: Shopper, *, machine: str = "") -> None:
    """Let a person with an account shop; `machine` is a shared one that they sometimes use."""
    if script.chance(0.12):
        _housekeeping(script, shopper)
    joins = bool(shopper.loyalty) and script.chance(0.4)
    if joins:
        enrol(script, shopper)
    visits = script.rng.choices((1, 2, 3, 5, 8), (5, 6, 4, 2, 1))[0]
    for _ in range(visits + 2 * joins):  # members come more often
        at = moment(script.rng, script.start, script.end, shopper.country.offset)
        machine_now = machine if script.chance(0.6) else ""
        script.rng.choices(_WAYS, _WAY_SHARES)[0](script, shopper, at, machine_now)
    if joins:
        reward(script, shopper)


def pass_by(script: Script, shopper: Shopper) -> None:
    """Let somebody without an account look around, and perhaps order as a guest, by email."""
    visit = _visit(script, shopper, moment(script.rng, script.start, script.end, shopper.country.offset), "")
    if script.chance(0.45):
        return
    visit.look_around()
    if script.chance(0.12):
        visit.fill_cart()
        order = check_out(visit) if script.chance(0.5) else None
        if order:
            follow_up(script, order)
            if script.chance(0.35):
                customer = f"c-{80_000 + script.number('account')}"
                sign_up(script, shopper, customer, order.at + script.between(1, 5) * DAY)


def sign_up(script: Script, guest: Shopper, customer: str, at: int) -> None:
    """Let a guest open an account with the email of the order, which thereby becomes the customer's."""
    guest.customer = customer
    visit = Visit(script, guest, at, "web")
    visit.who["email"] = guest.email
    visit.sign_in(first=True)
    visit.look_around()


def come_back(script: Script, visit: Visit, *, hours: int) -> Visit:
    """Remind of the cart by email; the link leads to a new visit with the same cart."""
    shopper = visit.shopper
    message = {"message_id": f"M{script.number('message'):06}", "medium": "email"}
    sent = visit.at + 3 * HOUR
    script.tell("crm", "message_delivered", sent, "email", shopper.known(), message)
    at = visit.at + hours * HOUR
    script.tell("crm", "message_opened", at - 2 * MINUTE, "email", shopper.known(), message)
    clicked = {**message, "path": "/cart"}
    script.tell("crm", "message_link_clicked", at - 20 * SECOND, "email", shopper.known(), clicked)
    again = Visit(script, shopper, at, "web")
    again.cart, again.items = visit.cart, visit.items
    again.do("cart_viewed", {"cart_id": again.cart}, {**again.context, "campaign": _CART_CAMPAIGN})
    return again


_CART_CAMPAIGN: Final = {"source": "crm", "medium": "email", "name": "cart-reminder"}


def follow_up(script: Script, order: Order, *, late: bool | None = None) -> None:
    """Let what comes after an order happen."""
    shopper = order.shopper
    bill(script, order)
    if order.promised_at and script.chance(0.03):
        cancel(script, order)
        return
    late = script.chance(0.12) if late is None else late
    arrival = deliver(script, order, late=late) if order.promised_at else order.at + HOUR
    if late and script.chance(0.5):
        at = order.promised_at + script.between(1, 40) * HOUR
        script.rng.choice((call, chat, write_ticket))(script, shopper, at, "wismo", order)
    if script.chance(0.8):
        survey(script, shopper, arrival + script.between(2, 30) * HOUR, ("order", order.id), happy=not late)
    if script.chance(0.07):
        send_back(script, order, arrival + script.between(1, 4) * DAY)
    elif shopper.customer and script.chance(0.05):
        review = {"product_id": order.product, "rating": script.between(3, 5)}
        words = script.rng.choice(PRAISE[shopper.country.language])
        script.tell(
            "storefront-web",
            "product_reviewed",
            arrival + 2 * DAY,
            "web",
            order.who,
            {**review, "text": words},
        )


def _visit(script: Script, shopper: Shopper, at: int, machine: str) -> Visit:
    where: Where = "app" if shopper.customer and script.chance(0.45) else "web"
    visit = Visit(script, shopper, at, where, machine=machine)
    visit.land()
    if script.chance(0.06):
        visit.popup()
    return visit


def _shop(script: Script, shopper: Shopper, at: int, machine: str) -> None:
    visit = _visit(script, shopper, at, machine)
    if script.chance(0.3):
        visit.sign_in()
    visit.look_around()
    if script.chance(0.5):
        visit.look_around()
    if script.chance(0.15):
        visit.sign_in()  # late: what came before was anonymous
    if script.chance(0.5):
        visit.fill_cart()
        order = check_out(visit) if script.chance(0.6) else None
        if order is None and visit.cart and not machine and script.chance(0.3):
            again = come_back(script, visit, hours=script.between(5, 40))
            order = check_out(again)
        if order:
            follow_up(script, order)
    visit.leave()


def _buy_in_store(script: Script, shopper: Shopper, at: int, _: str) -> None:
    follow_up(script, sell_in_store(script, shopper, at))


def _order_by_phone(script: Script, shopper: Shopper, at: int, _: str) -> None:
    contact, answered = call(script, shopper, at, "new_order")
    if answered:
        follow_up(script, order_by_phone(script, shopper, answered + 50 * SECOND, contact))


def _ask(script: Script, shopper: Shopper, at: int, _: str) -> None:
    reason = script.rng.choice(_REASONS)
    if script.chance(0.4):
        end = chat(script, shopper, at, reason)
        subject = ("chat", f"{shopper.customer}-{end}")
        survey(script, shopper, end + 5 * MINUTE, subject, happy=script.chance(0.7))
    else:
        script.rng.choice((call, write_ticket))(script, shopper, at, reason)


_WAYS: Final[tuple[Callable[[Script, Shopper, int, str], None], ...]] = (
    _buy_in_store,
    _order_by_phone,
    _ask,
    _shop,
)
_WAY_SHARES: Final = (6, 3, 4, 87)


def _housekeeping(script: Script, shopper: Shopper) -> None:
    """Do what is done once: subscribe, change consent, give feedback, be linked and unlinked."""
    rng = script.rng
    at = moment(rng, script.start, script.end, shopper.country.offset)
    who = shopper.known()
    rng.choice((_subscription, _preferences, _feedback, _links))(script, shopper, at, who)


def _subscription(script: Script, shopper: Shopper, at: int, who: Json) -> None:
    plan = {"subscription_id": f"U{script.number('subscription'):05}", "plan": "coffee-weekly"}
    script.tell("billing", "subscription_started", at, "web", who, plan)
    script.tell("billing", "subscription_renewed", at + 7 * DAY, "system", who, plan)
    failed = {**plan, "reason": "card_expired"}
    script.tell("billing", "subscription_renewal_failed", at + 14 * DAY, "system", who, failed)
    cancelled = {**plan, "reason": "too_much_coffee ☕"}
    script.tell(
        "billing", "subscription_cancelled", at + 15 * DAY, "web", {**who, "email": shopper.email}, cancelled
    )


def _preferences(script: Script, shopper: Shopper, at: int, who: Json) -> None:
    purposes = {"purposes": ["analytics", "functional"]}
    script.tell("storefront-web", "consent_changed", at, "web", {**who, "consent": ["functional"]}, purposes)
    message = {"message_id": f"M{script.number('message'):06}", "medium": "email"}
    script.tell("crm", "message_bounced", at + HOUR, "email", {"email": shopper.email}, message)
    script.tell("crm", "unsubscribed", at + DAY, "email", who, message)


def _feedback(script: Script, shopper: Shopper, at: int, who: Json) -> None:
    words = script.rng.choice(PRAISE[shopper.country.language])
    data = {"text": f"{shopper.name}: {words}", "language": shopper.country.language, "rating": 5}
    script.tell("survey", "feedback_received", at, "survey", who, data)


def _links(script: Script, shopper: Shopper, at: int, who: Json) -> None:
    """Link the card by hand; for some the browser was linked wrongly, and is cut off."""
    to = f"customer:{shopper.customer}"
    linked = {"from": f"email:{shopper.email}", "to": to}
    script.tell("crm", "identity_linked", at, "system", who, linked)
    if script.chance(0.5):
        cut = {"from": {"type": "anonymous", "value": shopper.browser}, "to": to}
        why = {"reason": "shared_computer", "actor": "agent-3"}
        script.tell("crm", "identity_unlinked", at + DAY, "system", who, {**cut, **why})
