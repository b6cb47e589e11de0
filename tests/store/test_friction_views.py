"""Views of frictions and customers: an absence shows when the watermark is past its deadline."""

from typing import Any

from pipeline.core.row import FinalityRow, FrictionRow, JourneyRow, SessionRow, TouchpointRow
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.store.rows import AT, row

DAY_MS = 86_400_000


def watermark(writer: Writer, at: int) -> None:
    writer.write("finality", [row(FinalityRow, watermark=at)])


def absence(**fields: Any) -> FrictionRow:
    return row(FrictionRow, kind="late_delivery", absence=1, time=AT + 1000, **fields)


def frictions(analyst: Reader) -> tuple[object, ...]:
    """Shown in the view of frictions, of the session, and of the journey."""
    return (
        analyst.query("SELECT kind FROM cx.frictions ORDER BY time").rows,
        analyst.query("SELECT frictions FROM cx.sessions").rows,
        analyst.query("SELECT frictions FROM cx.journeys").rows,
    )


def test_an_absence_counts_once_the_watermark_is_past_its_deadline(analyst: Reader, writer: Writer) -> None:
    writer.write("sessions", [row(SessionRow, frictions=1)])
    writer.write("journeys", [row(JourneyRow, frictions=1)])
    writer.write("frictions", [row(FrictionRow), absence()])
    watermark(writer, AT + 1000)
    assert frictions(analyst) == ([("payment_failed",)], [(1,)], [(1,)])
    watermark(writer, AT + 1001)
    assert frictions(analyst) == ([("payment_failed",), ("late_delivery",)], [(2,)], [(2,)])


def customer(analyst: Reader) -> dict[str, Any]:
    answer = analyst.query("SELECT * FROM cx.customers WHERE customer = 'customer:42'")
    assert len(answer.rows) == 1
    return dict(zip(answer.columns, answer.rows[0], strict=True))


def test_a_customer_is_one_row_with_what_matters(analyst: Reader, writer: Writer) -> None:
    later = {"time": AT + 5000, "id": "i-2"}
    writer.write("touchpoints", [row(TouchpointRow), row(TouchpointRow, channel="phone", **later)])
    bought = {"order_id": "7", "outcome": "purchased", "purchased_at": AT, "value": 500, "currency": "EUR"}
    writer.write(
        "journeys",
        [
            row(JourneyRow, **bought),
            row(
                JourneyRow, journey_id="j-2", started=AT + 1, **{**bought, "order_id": "8", "currency": "THB"}
            ),
            row(JourneyRow, journey_id="j-3", started=AT + 5000, closes_at=AT + DAY_MS, stage="intend"),
        ],
    )
    writer.write("frictions", [row(FrictionRow), row(FrictionRow, time=AT - 91 * DAY_MS, id="i-0", streak=1)])
    watermark(writer, AT + 6000)
    shown = customer(analyst)
    assert (shown["touchpoints"], shown["journeys"], shown["orders"]) == (2, 3, 2)
    assert shown["channels"] == ["phone", "web"]
    assert list(zip(shown["currencies"], shown["revenues"], strict=True)) == [("EUR", 500), ("THB", 500)]
    assert (shown["frictions_90_days"], shown["streak"]) == (1, 2)
    assert (shown["open_journey_id"], shown["open_journey_stage"]) == ("j-3", "intend")


def test_a_streak_ends_with_a_good_experience(analyst: Reader, writer: Writer) -> None:
    writer.write("touchpoints", [row(TouchpointRow)])
    writer.write("frictions", [row(FrictionRow, streak=4, streak_ended_at=AT + 1)])
    assert customer(analyst)["streak"] == 0
