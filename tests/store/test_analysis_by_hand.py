"""Views of customers and journeys on small histories, with numbers worked out by hand."""

from datetime import date

import pytest

from pipeline.core.row import JourneyRow
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.store.rows import row
from tests.store.told import DAY, HOUR, MINUTE, NOON, Teller, look


@pytest.fixture
def teller(writer: Writer) -> Teller:
    teller = Teller(writer)
    teller.watermark(NOON + 30 * DAY)
    return teller


def about(expected: float) -> object:
    return pytest.approx(expected, rel=1e-4)


def test_an_order_counts_as_having_passed_every_stage_and_a_parcel_without_one_does_not(
    analyst: Reader, teller: Teller
) -> None:
    teller.order("customer:1", NOON)
    stages = ("discover", "intend", "delivered")
    teller.journeys(
        *(
            row(JourneyRow, journey_id=f"j-{stage}", started=NOON, stage=stage, closes_at=NOON + 99 * DAY)
            for stage in stages
        )
    )
    shown = look(analyst, "SELECT * FROM cx.funnel ORDER BY stage_number")
    assert [each["stage"] for each in shown] == ["discover", "consider", "intend", "checkout", "purchased"]
    assert [each["journeys"] for each in shown] == [4] * 5
    assert [each["reached"] for each in shown] == [4, 2, 2, 1, 1]
    assert [each["reached_before"] for each in shown] == [4, 4, 2, 2, 1]
    assert [each["open_here"] for each in shown] == [2, 0, 1, 0, 0]
    assert [each["share_of_before"] for each in shown] == [1, 0.5, 1, 0.5, 1]


def test_a_share_has_its_wilson_interval(analyst: Reader, teller: Teller) -> None:
    journeys = [
        row(JourneyRow, journey_id=f"j-{n}", started=NOON, stage="intend" if n < 2 else "discover")
        for n in range(10)
    ]
    teller.journeys(*journeys)
    (shown,) = look(analyst, "SELECT * FROM cx.funnel WHERE stage = 'intend'")
    assert (shown["reached"], shown["journeys"], shown["share"]) == (2, 10, 0.2)
    assert (shown["share_low"], shown["share_high"]) == (about(0.056682), about(0.509838))


def test_a_path_is_what_the_customer_did_up_to_the_order(analyst: Reader, teller: Teller) -> None:
    bought = teller.order("customer:1", NOON, channel="web", started=NOON - HOUR, frictions=2)
    steps = [("web", 0), ("web", 0), ("mail", 1), ("phone", 0), ("web", 0)]
    teller.tell(
        *(
            teller.happened(
                "page_viewed",
                NOON - HOUR + n * MINUTE,
                customer="customer:1",
                journey_id=bought.journey_id,
                number=n + 1,
                channel=channel,
                passive=passive,
            )
            for n, (channel, passive) in enumerate(steps)
        ),
        teller.happened(
            "page_viewed",
            NOON + HOUR,
            customer="customer:1",
            journey_id=bought.journey_id,
            channel="chat",
            number=10,
        ),
    )
    (shown,) = look(analyst, "SELECT * FROM cx.paths")
    assert (shown["path"], shown["journeys"], shown["purchased"]) == ("web > phone > web", 1, 1)
    assert (shown["median_seconds_to_purchase"], shown["with_friction"], shown["frictions"]) == (3600, 1, 2)


def test_a_customers_value_is_by_currency_and_keeps_what_was_refunded_apart(
    analyst: Reader, teller: Teller
) -> None:
    teller.order("customer:1", NOON, 1000, frictions=1)
    teller.order("customer:1", NOON + DAY, 500, outcome="refunded", contacts=2)
    teller.order("customer:1", NOON + 2 * DAY, 70, currency="THB")
    euro, baht = look(analyst, "SELECT * FROM cx.customer_value ORDER BY currency")
    assert (euro["orders"], euro["revenue"], euro["orders_kept"], euro["revenue_kept"]) == (2, 1500, 1, 1000)
    assert (euro["average_order_value"], euro["later_orders"], euro["later_revenue"]) == (750, 1, 500)
    assert (euro["first_frictions"], euro["frictions"], euro["contacts"]) == (1, 1, 2)
    assert euro["days_since_last_order"] == 29
    assert (baht["currency"], baht["orders"], baht["revenue"], baht["later_revenue"]) == ("THB", 1, 70, 0)


def test_who_buys_again_counts_on_the_day_of_the_first_order(analyst: Reader, teller: Teller) -> None:
    for at in (0, 2 * DAY, 6 * DAY):
        teller.order("customer:1", NOON + at)
    for customer in ("customer:2", "customer:3"):
        teller.order(customer, NOON + HOUR)
    teller.order("customer:3", NOON + 4 * DAY + HOUR)
    first, *later = look(analyst, "SELECT * FROM cx.repeat_purchase ORDER BY day")
    assert (first["orders"], first["repeat_orders"], first["new_customers"], first["repeated"]) == (
        3,
        0,
        3,
        2,
    )
    assert (first["repeated_share"], first["median_days_to_second"]) == (about(2 / 3), 3)
    assert [(each["repeat_orders"], each["new_customers"], each["repeated_share"]) for each in later] == [
        (1, 0, None)
    ] * 3


def test_a_customer_who_skips_a_month_is_missing_in_it_and_back_in_the_next(
    analyst: Reader, teller: Teller
) -> None:
    teller.watermark(NOON + 70 * DAY)  # 13 April
    teller.order("customer:1", NOON)
    teller.order("customer:1", NOON + 60 * DAY)  # 3 April
    teller.order("customer:2", NOON + DAY)
    shown = look(analyst, "SELECT * FROM cx.retention WHERE period = 'month' ORDER BY age")
    assert [(each["cohort"], each["age"], each["customers"]) for each in shown] == [
        (date(2026, 2, 1), age, 2) for age in range(3)
    ]
    assert [each["returned"] for each in shown] == [2, 0, 1]
    assert [each["orders"] for each in shown] == [2, 0, 1]
    assert [each["repeated"] for each in shown] == [0, 0, 1]
    assert [each["is_complete"] for each in shown] == [1, 1, 0]


def test_weeks_begin_on_monday(analyst: Reader, teller: Teller) -> None:
    teller.order("customer:1", NOON)
    teller.order("customer:1", NOON + 6 * DAY)  # Sunday
    teller.order("customer:1", NOON + 7 * DAY)
    shown = look(analyst, "SELECT * FROM cx.retention WHERE period = 'week' ORDER BY age LIMIT 3")
    assert [(each["returned"], each["orders"], each["repeated"]) for each in shown] == [
        (1, 2, 1),
        (1, 1, 1),
        (0, 0, 1),
    ]


def churn(analyst: Reader) -> list[tuple[object, ...]]:
    columns = "opening, gained, won_back, lost, closing, churn_rate"
    return analyst.query(
        f"SELECT {columns} FROM cx.churn(days = 10) WHERE period = 'day' ORDER BY start"
    ).rows


def test_exactly_so_many_days_later_is_in_time_and_a_millisecond_more_is_lost(
    analyst: Reader, writer: Writer
) -> None:
    teller = Teller(writer)
    teller.watermark(NOON + 12 * DAY)
    teller.order("customer:in-time", NOON)
    teller.order("customer:in-time", NOON + 10 * DAY)
    teller.order("customer:back", NOON)
    teller.order("customer:back", NOON + 10 * DAY + 1)
    shown = churn(analyst)
    assert len(shown) == 13
    assert shown[0] == (0, 2, 0, 0, 2, None)
    assert shown[10] == (2, 0, 1, 1, 2, 0.5)
    assert shown[11] == (2, 0, 0, 0, 2, 0)


def test_the_last_order_is_lost_once_the_watermark_is_later(analyst: Reader, teller: Teller) -> None:
    teller.order("customer:1", NOON + 20 * DAY)
    assert churn(analyst)[-1] == (1, 0, 0, 0, 1, 0)
    teller.watermark(NOON + 30 * DAY + 1)
    assert churn(analyst)[-1] == (1, 0, 0, 1, 0, 1)


def test_a_period_longer_than_the_patience_has_no_rate(analyst: Reader, teller: Teller) -> None:
    teller.order("customer:1", NOON)
    rates = analyst.query("SELECT DISTINCT period FROM cx.churn(days = 10) WHERE at_risk > 0").rows
    assert sorted(rates) == [("day",), ("week",)]


def test_each_model_gives_an_order_to_its_campaigns_once(analyst: Reader, teller: Teller) -> None:
    bought = teller.order("customer:1", NOON, 700)
    touches = [("ads/cpc/a", 14 * DAY), ("mail/email/b", 7 * DAY), ("ads/cpc/a", 0)]
    teller.tell(
        *(
            teller.happened(
                "page_viewed",
                NOON - before,
                context={"campaign": dict(zip(("source", "medium", "name"), name.split("/"), strict=True))},
                customer="customer:1",
                journey_id=bought.journey_id,
                number=n + 1,
            )
            for n, (name, before) in enumerate(touches)
        ),
        teller.happened(
            "page_viewed",
            NOON + HOUR,
            context={"campaign": {"source": "late", "medium": "", "name": ""}},
            customer="customer:1",
            journey_id=bought.journey_id,
            number=10,
        ),
    )
    rows = look(analyst, "SELECT * FROM cx.attribution ORDER BY model, campaign")
    shown = {(each["model"], each["campaign"]): each["credited"] for each in rows}
    assert shown == {
        ("first", "ads/cpc/a"): 700,
        ("first", "mail/email/b"): 0,
        ("last", "ads/cpc/a"): 700,
        ("last", "mail/email/b"): 0,
        ("linear", "ads/cpc/a"): about(700 * 2 / 3),
        ("linear", "mail/email/b"): about(700 / 3),
        ("time_decay", "ads/cpc/a"): about(500),  # 1/4 and 1 of 7/4
        ("time_decay", "mail/email/b"): about(200),  # 1/2 of 7/4
    }
    assert {each["touches"] for each in rows if each["campaign"] == "ads/cpc/a"} == {2}


def test_an_order_without_a_campaign_keeps_its_credit(analyst: Reader, teller: Teller) -> None:
    teller.order("customer:1", NOON, 700)
    rows = look(analyst, "SELECT * FROM cx.attribution")
    assert {each["model"] for each in rows} == {"first", "last", "linear", "time_decay"}
    assert {(each["campaign"], each["touches"], each["weight"], each["credited"]) for each in rows} == {
        ("", 0, 1, 700)
    }


def test_a_customer_on_two_channels_is_one_active_customer(analyst: Reader, teller: Teller) -> None:
    teller.tell(
        teller.happened("page_viewed", NOON, channel="web"),
        teller.happened("screen_viewed", NOON + HOUR, channel="app"),
        teller.happened("screen_viewed", NOON + DAY, channel="app"),
        teller.happened("page_viewed", NOON, channel="web", customer="customer:2"),
        teller.happened("message_delivered", NOON, channel="email", customer="customer:3", passive=1),
    )
    rows = look(analyst, "SELECT * FROM cx.active_customers WHERE start = '2026-02-02'")
    shown = {(each["period"], each["channel"]): (each["customers"], each["interactions"]) for each in rows}
    assert shown == {
        ("day", "all"): (2, 3),
        ("day", "web"): (2, 2),
        ("day", "app"): (1, 1),
        ("week", "all"): (2, 4),
        ("week", "web"): (2, 2),
        ("week", "app"): (1, 2),
    }
