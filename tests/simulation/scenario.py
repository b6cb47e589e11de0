"""Random interactions that are likely to collide: few identifiers, few ids, close times, wrong order."""

import json
from random import Random
from typing import Any

from pipeline.contract import find_schemas
from pipeline.core.canonical import text_of
from pipeline.core.interaction import KINDS, Interaction
from pipeline.core.message import kind_of

MINUTE = 60_000
TYPES = (
    *("product_viewed", "page_viewed", "products_searched", "product_added", "checkout_started"),
    *("coupon_denied", "payment_failed", "order_completed", "order_cancelled", "order_refunded"),
    *("store_visited", "signed_in", "signed_out", "error_shown", "rage_clicked", "page_loaded"),
    *("conversation_started", "message_sent", "contact_initiated", "contact_transferred", "ticket_created"),
    *("ticket_comment_added", "ticket_solved", "ticket_reopened", "feedback_received", "survey_answered"),
    *("delivery_promised", "item_out_of_stock", "shipment_status_changed", "return_received"),
    *("invoice_issued", "payment_succeeded", "charge_disputed", "billing_problem_reported"),
    *("subscription_renewal_failed", "identity_linked", "identity_unlinked"),
    *("recommendation_viewed", "recommendation_clicked", "screen_viewed", "contact_completed"),
    *("contact_queued", "contact_connected_to_agent", "contact_disconnected", "survey_shown"),
)
"""Every type that a rule reads, but erasure_requested, and some that none does."""

THEMES = (
    ("product_added", "checkout_started", "order_completed"),
    (
        *("order_completed", "order_refunded", "item_out_of_stock", "delivery_promised", "return_received"),
        *["shipment_status_changed"] * 4,
    ),
    (
        *("contact_initiated", "conversation_started", "message_sent", "order_completed"),
        *("ticket_created", "ticket_comment_added", "ticket_solved", "ticket_reopened"),
    ),
    ("contact_queued", "contact_connected_to_agent", "contact_disconnected", "contact_initiated"),
    ("survey_shown", "survey_answered"),
)
"""Types that mean something together; without them few worlds would have, say, a return of what was delivered."""


def _schema(kind: str) -> dict[str, Any]:
    file = find_schemas() / "interactions" / kind / "1-0-0.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


_SCHEMAS = {kind: _schema(kind) for kind in TYPES}
AREA = {kind: schema["x-area"] for kind, schema in _SCHEMAS.items()}
PASSIVE = {kind for kind, schema in _SCHEMAS.items() if schema.get("x-passive") is True}
REASONS = ("wismo", "where_is_my_order", "damaged", None)
NEEDS = {
    "product_added": ("cart",),
    "checkout_started": ("cart",),
    "payment_failed": ("order",),
    "order_completed": ("order",),
    "order_cancelled": ("order",),
    "order_refunded": ("order",),
    "conversation_started": ("conversation",),
    "message_sent": ("conversation",),
    "contact_initiated": ("contact",),
    "contact_transferred": ("contact",),
    "contact_completed": ("contact",),
    "contact_queued": ("contact",),
    "contact_connected_to_agent": ("contact",),
    "contact_disconnected": ("contact",),
    "survey_shown": ("survey",),
    "ticket_created": ("ticket",),
    "ticket_comment_added": ("ticket",),
    "ticket_solved": ("ticket",),
    "ticket_reopened": ("ticket",),
    "survey_answered": ("survey",),
    "shipment_status_changed": ("shipment", "order"),
    "delivery_promised": ("order",),
    "item_out_of_stock": ("order",),
    "return_received": ("order",),
    "charge_disputed": ("order",),
    "subscription_renewal_failed": ("subscription",),
    "invoice_issued": ("invoice",),
    "payment_succeeded": ("invoice",),
}


def pools(random: Random, theme: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Choose few identifiers of each kind; of those that the theme needs at least one."""
    sizes = {"customer": (1, 3), "email": (0, 2), "device": (0, 2), "anonymous": (1, 3), "order": (1, 4)}
    sizes |= {need: (1, 3) for kind in theme for need in NEEDS[kind]}
    return {kind: [f"{kind}:{n}" for n in range(random.randint(*sizes.get(kind, (0, 2))))] for kind in KINDS}


def _context(random: Random) -> dict[str, Any]:
    told: dict[str, Any] = {
        "campaign": {"source": random.choice("ab")},
        "country": random.choice(["DE", None]),
        "device": {"type": random.choice(["phone", None])},
        "experiments": [{"id": "hero", "variation": random.choice("ab")}],
    }
    return {name: value for name, value in told.items() if random.random() < 0.5}


def _data(random: Random, kind: str, promise: int) -> dict[str, Any]:
    money = {"amount": random.randint(1, 9) * 100, "currency": random.choice(["EUR", "THB"])}
    reason = {"reason_code": random.choice(REASONS)}
    return {
        "order_completed": {"revenue": money, "total": money, "promised_delivery_at": promise},
        "delivery_promised": {"promised_at": promise},
        "contact_initiated": {"method": random.choice(["inbound", "outbound", "transfer"]), **reason},
        "conversation_started": reason,
        "ticket_created": reason,
        "contact_completed": {"talk_s": random.randint(0, 900), "hold_s": 0, "after_call_s": 60.5},
        "page_loaded": {"load_ms": random.choice([200, 4000, 4001])},
        "order_refunded": {"total": money},
        "products_searched": {"results_count": random.randint(0, 2)},
        "survey_answered": {
            "kind": (survey := random.choice(["nps", "csat", "ces"])),
            "score": random.randint(0, 11),
            "scale_min": 0 if survey == "nps" else 1,
            "scale_max": 10 if survey == "nps" else 5,
            "polarity": random.choice(["higher_is_better", "lower_is_better"]),
            "about_type": random.choice(["order", "ticket", "store"]),
            "about_id": str(random.randint(0, 3)),
        },
        "message_sent": {"author": random.choice(["customer", "agent", "bot"])},
        "ticket_comment_added": {"author": random.choice(["customer", "agent"])},
        "shipment_status_changed": {
            "status": random.choice(["in_transit", "attempt_failed", "delivered", "delivered", "exception"])
        },
    }.get(kind, {})


def _identifiers(random: Random, kind: str, pool: dict[str, list[str]]) -> tuple[str, ...]:
    if kind in {"identity_linked", "identity_unlinked"}:
        everyone = [i for kinds in pool.values() for i in kinds]
        pair = random.sample(everyone, 2) if len(everyone) > 1 else everyone
        return tuple(sorted(pair, key=lambda i: KINDS.index(kind_of(i))))
    chances = {"customer": 0.3, "loyalty": 0.05, "email": 0.2, "phone": 0.05, "device": 0.3, "anonymous": 0.5}
    chosen: list[str] = []
    for each in KINDS:
        wanted = each in NEEDS.get(kind, ()) or random.random() < chances.get(each, 0.04)
        if wanted and pool[each]:
            chosen += random.sample(pool[each], 2 if random.random() < 0.05 and len(pool[each]) > 1 else 1)
    return tuple(chosen) or (random.choice(pool["anonymous"]),)


def interactions(random: Random) -> list[Interaction]:
    """Give 3 to 60 interactions; some are copies of others with another time or content."""
    theme = random.choice(THEMES) if random.random() < 0.5 else ()
    pool, made = pools(random, theme), []
    stretch = random.choice([30 * MINUTE, 5 * 60 * MINUTE, 40 * 24 * 60 * MINUTE, 200 * 24 * 60 * MINUTE])
    for n in range(random.randint(3, 60)):
        kind = random.choice(theme if theme and random.random() < 0.7 else TYPES)
        if kind.startswith("identity") and random.random() < 0.5:
            kind = "page_viewed"
        time = random.randrange(stretch) // 1000 * 1000 + 1_000_000_000_000
        promise = time + random.choice([-MINUTE, 10 * MINUTE, stretch // 20, stretch])
        author = (data := _data(random, kind, promise)).get("author", "customer")
        made.append(
            Interaction(
                id=f"i{n}",
                source=random.choice(["web", "desk"]),
                type=kind,
                schema=f"{kind}/1-0-0",
                area=AREA[kind],
                passive=kind in PASSIVE or author != "customer",
                channel=random.choice(["web", "app", "chat", "social", "system"]),
                sent_time=time,
                time=time,
                received=time,
                identifiers=_identifiers(random, kind, pool),
                consent=None,
                context_json=text_of(_context(random)) if random.random() < 0.3 else "",
                data_json=text_of(data),
                hash=random.getrandbits(64),
            )
        )
        while random.random() < 0.1:
            made.append(_copy(random, made[-1]))
    return made


def _copy(random: Random, one: Interaction) -> Interaction:
    """The same (source, id) again: later or earlier, the same or another content."""
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    fields["time"] += random.choice([-MINUTE, 0, 1, MINUTE])
    if random.random() < 0.5:
        fields["hash"] = random.getrandbits(64)
        fields["channel"] = random.choice([fields["channel"], "web", "store"])
    return Interaction(**fields)
