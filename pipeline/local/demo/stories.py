"""Named customers with a story each, the same whatever the seed does around them: for `cxstream journey`.

What comes in: the script. What goes out: interactions of a few people, and what to look for in their journeys.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from pipeline.local.demo.after import bill, deliver, refund, send_back
from pipeline.local.demo.catalogue import COUNTRIES, PRODUCTS, Country
from pipeline.local.demo.life import come_back, sign_up
from pipeline.local.demo.order import Order, complete, order_by_phone, sell_in_store, total_of
from pipeline.local.demo.people import Shopper
from pipeline.local.demo.script import DAY, HOUR, MINUTE, SECOND, Script
from pipeline.local.demo.service import call, chat, write_ticket
from pipeline.local.demo.visit import Visit


class Story(NamedTuple):
    """A customer to look at."""

    customer: str
    """As `cxstream journey` takes it."""
    plot: str


def tell_stories(script: Script) -> tuple[Story, ...]:
    """Tell all of them; each lies in the last two weeks."""
    return tuple(story(script) for story in _STORIES)


def _named(name: str, country: Country, *, loyalty: str = "", device: str = "") -> Shopper:
    return Shopper(
        customer=name,
        name=name.title(),
        email=f"{name}@example.org",
        phone=f"+1 555 01{sum(map(ord, name)) % 100:02}",
        loyalty=loyalty,
        browser=f"a-{name}-laptop",
        device=device or f"d-{name}-phone",
        country=country,
        consent=None,
    )


def _buy(visit: Visit) -> Order:
    """Check out without hesitating."""
    total = total_of(visit.lines(), visit.shopper.country)
    checkout = {"checkout_id": f"X-{visit.shopper.name}"}
    visit.do("checkout_started", {"cart_id": visit.cart, "value": total, **checkout})
    if not visit.shopper.customer:
        visit.who = {**visit.who, "email": visit.shopper.email}
    visit.sign_in()
    visit.do("payment_info_entered", {**checkout, "method": "card"})
    order = complete(visit, visit.lines(), total, checkout)
    if order is None:
        raise ValueError("the span of a demo is at least two weeks")
    return order


def _amira(script: Script) -> Story:
    amira = _named("amira", COUNTRIES[2])
    visit = Visit(script, amira, script.end - 13 * DAY, "web")
    visit.land()
    visit.look_at(PRODUCTS[13])
    visit.cart = "K-amira"
    visit.add(PRODUCTS[13], 1)
    again = come_back(script, visit, hours=20)
    order = _buy(again)
    bill(script, order)
    arrival = deliver(script, order, late=True)
    asked = min(order.promised_at + 2 * HOUR, arrival - HOUR)
    call(script, amira, asked, "wismo", order, known=1)
    write_ticket(script, amira, asked + 3 * HOUR, "wismo", order)
    who, answer = (
        amira.known(),
        {"survey_id": "Q-amira", "kind": "nps", "score": 3, "scale_min": 0, "scale_max": 10},
    )
    subject = {
        "polarity": "higher_is_better",
        "about_type": "order",
        "about_id": order.id,
        "text": "التوصيل متأخر جدًا 😡",
    }
    script.tell("survey", "survey_shown", arrival + DAY, "survey", who, {"survey_id": "Q-amira"})
    script.tell("survey", "survey_answered", arrival + DAY + HOUR, "survey", who, {**answer, **subject})
    return Story(
        "amira",
        "leaves a cart as a stranger, comes back by email, buys; the parcel is late, she calls; a detractor",
    )


def _somchai(script: Script) -> Story:
    somchai = _named("somchai", COUNTRIES[4], loyalty="L-somchai")
    visit = Visit(script, somchai, script.end - 9 * DAY, "app")
    visit.land()
    visit.sign_in()
    visit.search()
    visit.look_at(PRODUCTS[3])
    order = sell_in_store(script, somchai, visit.at + 3 * HOUR)
    linked = {"from": "loyalty:L-somchai", "to": "customer:somchai"}
    script.tell("crm", "identity_linked", order.at + DAY, "system", somchai.known(), linked)
    send_back(script, order, order.at + 2 * DAY)
    return Story(
        "somchai",
        "looks in the app, buys in the store with his card, which is linked to him a day later; returns it",
    )


def _nilufar(script: Script) -> Story:
    nilufar = _named("nilufar", COUNTRIES[3])
    at = chat(script, nilufar, script.end - 10 * DAY, "product_question", known=1)
    contact, answered = call(script, nilufar, at + 10 * MINUTE, "new_order", known=1)
    order = order_by_phone(script, nilufar, (answered or at + HOUR) + 50 * SECOND, contact)
    bill(script, order)
    deliver(script, order, late=False)
    return Story("nilufar", "asks in a chat, orders by phone; the parcel comes in time")


def _family(script: Script) -> Story:
    """Two people on one tablet: what neither signed in for belongs to whom the sign-ins around it say."""
    for name, hours in (("hana", 0), ("kenji", 6)):
        person = _named(name, COUNTRIES[5], device="d-family-tablet")
        visit = Visit(script, person, script.end - 6 * DAY + hours * HOUR, "app")
        visit.land()
        visit.look_around()
        visit.sign_in()
        visit.look_around()
        visit.do("signed_out")
    return Story("hana", "shares a tablet with kenji: each keeps what was done around their own sign-in")


def _grace(script: Script) -> Story:
    guest = _named("grace", COUNTRIES[1])
    guest.customer = ""
    visit = Visit(script, guest, script.end - 12 * DAY, "web")
    visit.land()
    visit.look_at(PRODUCTS[40])
    visit.cart = "K-grace"
    visit.add(PRODUCTS[40], 2)
    order = _buy(visit)
    arrival = deliver(script, order, late=False)
    sign_up(script, guest, "grace", arrival + 2 * DAY)
    refund(script, order, arrival + 3 * DAY)
    return Story(
        "grace", "orders as a guest by email, opens an account later: the order becomes hers; it is refunded"
    )


_STORIES: Final[tuple[Callable[[Script], Story], ...]] = (_amira, _somchai, _nilufar, _family, _grace)
