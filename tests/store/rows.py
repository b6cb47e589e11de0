"""Rows in one line: what a test does not name has a plain value."""

from typing import Any, TypeVar

from pipeline.core.row import (
    FinalityRow,
    FrictionRow,
    IdentityRow,
    IntakeRow,
    InteractionRow,
    JourneyRow,
    LedgerRow,
    ProgressRow,
    RejectionRow,
    RevisionRow,
    Row,
    SessionRow,
    TouchpointRow,
    WindowRow,
)

AT = 1_770_000_000_000
"""2026-02-02 02:40 UTC, the start of a minute."""
DAY = AT // 86_400_000
HASH = 2**64 - 1

Each = TypeVar("Each", bound=Row)

_PLAIN: dict[type[Row], tuple[Any, ...]] = {
    InteractionRow: (
        *(
            DAY,
            "product_viewed",
            AT,
            "shop",
            "i-1",
            HASH,
            AT,
            AT,
            "product_viewed/1-0-0",
            "browsing",
            0,
            "web",
        ),
        *(("customer:42", "anonymous:a-9"), "customer:42", '["analytics"]', "", '{"product_id":"p"}', 1),
    ),
    IntakeRow: ("interactions.web", 0, 0, 7, "accepted", HASH, "shop", AT),
    RejectionRow: (
        *("interactions.web", 0, 7, 0, AT, "bad_time", "$.time", "time has no offset", "shop", "page_viewed"),
        *("i-1", b"\xff\x00{", 3, "ab" * 32, "{}", b"\x00\xfe"),
    ),
    LedgerRow: ("customer:42", 5, 0, b"\x00\xffmessage"),
    TouchpointRow: (
        *(
            "customer:42",
            AT,
            "shop",
            "i-1",
            "product_viewed",
            "browsing",
            "web",
            0,
            "s-1",
            "j-1",
            1,
            "consider",
        ),
        *(None, 0, "", "person", 1, 0),
    ),
    FrictionRow: (
        *("customer:42", AT, "shop", "i-1", "payment_failed", 0, "web", "s-1", "j-1", 1.5, 0, 2, None, 1, 0),
    ),
    SessionRow: ("customer:42", AT, "s-1", AT, 1, ("web", "app"), "web", "shop", 0, 0, 1, 0),
    JourneyRow: (
        *(
            "customer:42",
            AT,
            "j-1",
            AT,
            AT + 1000,
            "consider",
            "open",
            "",
            None,
            1,
            ("web",),
            1,
            0,
            0,
            None,
            "",
        ),
        *("", "", 1, 0),
    ),
    IdentityRow: ("anonymous:a-9", "customer:42", "live", "", AT, AT, 1, "shop", "i-1", 1, 0),
    WindowRow: ("csat", AT // 1000, "web", "shop", "", "", "", "", "", "", "", 0, 0, 1, 2, 2, (), (), 1),
    RevisionRow: (
        *("csat", AT // 1000, "web", "shop", "", "", "", "", "", "", "", 0, 0, 7 << 16),
        *("late_interaction", AT + 90_000, 1, 1, 1, 1, AT + 90_000, AT + 60_000),
    ),
    ProgressRow: (0, 0, AT, 5 << 16, 0, '{"interactions.web/0":1770000000000}', AT),
    FinalityRow: (0, AT, AT, (5 << 16,)),
}


def row(kind: type[Each], /, **fields: Any) -> Each:
    plain = kind._make(_PLAIN[kind])  # type: ignore[arg-type]
    return plain._replace(**fields)
