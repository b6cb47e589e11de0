"""The loyalty programme: enrolment, points for each order, tiers by number of orders.

What comes in: a person with a card who has lived, and when they bought. What goes out: interactions of the programme.
"""

from typing import Final

from pipeline.local.demo.people import Shopper
from pipeline.local.demo.script import DAY, SECOND, Script

PROGRAM: Final = {"program_id": "stars"}
TIERS: Final = {2: ("basic", "silver"), 4: ("silver", "gold")}
"""Number of the order that lifts a member → tier before and after."""
_WELCOME: Final = 100


def enrol(script: Script, shopper: Shopper) -> None:
    """Join at a till in the first week: the card then belongs to the customer."""
    shopper.enrolled_at = script.start + int(script.rng.random() * 7 * DAY)
    card = {**shopper.known(), "loyalty_id": shopper.loyalty}
    script.tell("pos", "loyalty_enrolled", shopper.enrolled_at, "store", card, PROGRAM)
    welcome = {**PROGRAM, "points": _WELCOME}
    script.tell("pos", "points_earned", shopper.enrolled_at + SECOND, "store", card, welcome)


def reward(script: Script, shopper: Shopper) -> None:
    """Credit points for each order since the enrolment, and lift the tier; some spend them."""
    since = [(at, order, cents) for at, order, cents in sorted(shopper.bought) if at > shopper.enrolled_at]
    card = {**shopper.known(), "loyalty_id": shopper.loyalty}
    for number, (at, order, amount) in enumerate(since, 1):
        points = {**PROGRAM, "points": amount // 100, "order_id": order}
        script.tell("pos", "points_earned", at + SECOND, "system", card, points)
        if number in TIERS:
            before, after = TIERS[number]
            change = {**PROGRAM, "tier": after, "previous_tier": before}
            script.tell("crm", "tier_changed", at + DAY, "system", card, change)
    if since and script.chance(0.3):
        spent = {**PROGRAM, "points": 50}
        script.tell("storefront-web", "points_redeemed", since[-1][0] + DAY, "web", shopper.known(), spent)
