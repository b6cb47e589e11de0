"""Sessions, journeys, frictions and contributions of one customer."""

import pytest

from pipeline.core.customer import Customer, derive
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.step import STAGES, Step
from pipeline.core.telling import observed_of
from pipeline.core.touched import totals
from tests.core.build import interaction, order

MEANING = Meaning()


def customer(*made: Interaction) -> Customer:
    return derive("customer:42", [observed_of(i) for i in made], MEANING)


def page(at: str, **fields: object) -> Interaction:
    return interaction("page_viewed", at=at, **fields)


def step(of: Customer, name: str) -> Step:
    return next(s for ref, s in of.steps.items() if ref[1] == name)


def metric(of: Customer, name: str) -> tuple[int, int, int]:
    found = [t.values()[:3] for key, t in totals(of.contributions).items() if key[0] == name]
    return tuple(sum(column) for column in zip(*found, strict=True)) if found else (0, 0, 0)


def test_a_silence_of_more_than_thirty_minutes_cuts_a_session() -> None:
    sessions = customer(page("10:00"), page("10:30"), page("11:00:01")).sessions.all.values()
    assert [s.interactions for s in sessions] == [2, 1]


def test_a_session_never_spans_more_than_a_day() -> None:
    pages = [page(f"{n // 48}d {n % 48 // 2:02}:{n % 2 * 30:02}") for n in range(60)]
    assert [s.interactions for s in customer(*pages).sessions.all.values()] == [49, 11]


def cut_by(meaning: Meaning, *made: Interaction) -> list[int]:
    whole = derive("customer:42", [observed_of(i) for i in made], meaning)
    return [session.interactions for session in whole.sessions.all.values()]


def test_a_new_campaign_cuts_a_session_where_a_setting_says_so() -> None:
    def from_campaign(at: str, name: str) -> Interaction:
        return page(at, context={"campaign": {"source": name}} if name else {})

    pages = [from_campaign(f"10:0{n}", name) for n, name in enumerate(["", "", "a", "", "a", "b", ""])]
    assert cut_by(Meaning(), *pages) == [7]
    assert cut_by(Meaning(campaign_cuts=True), *pages) == [2, 3, 2]


def test_midnight_cuts_a_session_where_a_setting_names_its_zone() -> None:
    pages = [page("0d 21:50"), page("0d 22:10"), page("0d 22:30"), page("0d 23:00")]
    assert cut_by(Meaning(midnight_zone="UTC"), *pages) == [4]
    assert cut_by(Meaning(midnight_zone="Europe/Kyiv"), *pages) == [1, 3]


def test_a_passive_interaction_lies_in_a_session_without_extending_it() -> None:
    found = customer(
        page("10:00"),
        interaction("invoice_issued", at="10:10", id="within", ids="customer:42 invoice:1"),
        page("10:20"),
        interaction("invoice_issued", at="10:30", id="beyond", ids="customer:42 invoice:2"),
    )
    (session,) = found.sessions.all.values()
    assert session.interactions == 2
    assert step(found, "within").session is session
    assert step(found, "beyond").session is None


def test_a_journey_goes_from_first_look_to_return() -> None:
    found = customer(
        page("10:00"),
        interaction("products_searched", at="10:01", data={"results_count": 3}),
        interaction("product_added", at="10:02", ids="customer:42 cart:k"),
        interaction("checkout_started", at="10:03", ids="customer:42 cart:k"),
        order("10:04"),
        interaction(
            "shipment_status_changed",
            at="2d 10:00",
            ids="customer:42 order:7 shipment:s",
            data={"status": "delivered"},
        ),
        interaction("conversation_started", at="3d 10:00", ids="customer:42 conversation:c", channel="chat"),
        interaction("return_received", at="9d 10:00", ids="customer:42 order:7"),
    )
    (journey,) = found.journeys.all
    assert [STAGES[s.stage] for s in journey.steps] == list(STAGES)
    assert [s.why for s in journey.steps] == ["person"] * 4 + ["correlation"] * 2 + ["support", "correlation"]
    assert journey.contacts == 1
    assert (
        journey.kept_until
        == step(found, "conversation_started@3d 10:00").observed.time + MEANING.journey_kept_open
    )


def test_browsing_after_the_purchase_opens_a_new_journey() -> None:
    found = customer(page("10:00"), order("10:05"), page("10:10"))
    assert [len(j.steps) for j in found.journeys.all] == [2, 1]
    assert [j.outcome for j in found.journeys.all] == ["purchased", "open"]


def test_after_thirty_idle_days_the_next_look_opens_another_journey() -> None:
    assert len(customer(page("0d 10:00"), page("30d 10:00")).journeys.all) == 1
    assert len(customer(page("0d 10:00"), page("30d 10:00:01")).journeys.all) == 2


def test_each_order_has_a_journey_of_its_own() -> None:
    found = customer(page("10:00"), order("10:05", "7"), order("10:06", "8"))
    assert [j.order_id for j in found.journeys.all] == ["order:7", "order:8"]


@pytest.mark.parametrize(("days", "outcome"), [(30, "purchased"), (31, "open")])
def test_support_without_an_id_goes_to_the_order_of_the_last_thirty_days_before_what_is_open(
    days: int, outcome: str
) -> None:
    call = interaction(
        "contact_initiated", at=f"{days}d 10:00", ids="customer:42 contact:c", data={"method": "inbound"}
    )
    found = step(customer(order("0d 10:00"), page("29d 10:00"), call), call.id)
    assert found.journey is not None
    assert (found.journey.outcome, found.why) == (outcome, "support")


def test_an_earlier_interaction_with_the_order_id_joins_by_correlation() -> None:
    found = customer(
        interaction("invoice_issued", at="09:59", id="early", ids="customer:42 invoice:1 order:7"),
        order("10:00"),
    )
    (journey,) = found.journeys.all
    assert [s.observed.ref[1] for s in journey.steps] == ["early", "order_completed@10:00"]
    assert step(found, "early").why == "correlation"


def test_a_thing_moves_to_the_order_with_which_it_first_appears() -> None:
    found = customer(
        order("10:00", "7"),
        order("11:00", "8"),
        interaction("conversation_started", at="12:00", id="asks", ids="customer:42 conversation:c"),
        interaction(
            "message_sent", at="12:01", ids="customer:42 conversation:c order:7", data={"author": "customer"}
        ),
    )
    assert step(found, "asks").journey is found.journeys.orders["order:7"]
    assert step(found, "asks").why == "correlation"


def test_a_cancelled_and_a_refunded_order_keep_their_value() -> None:
    cancelled = customer(
        order("10:00"), interaction("order_cancelled", at="11:00", ids="customer:42 order:7")
    )
    assert cancelled.journeys.all[0].outcome == "cancelled"
    refunds = [
        interaction(
            "order_refunded", at=f"1{n}:00", ids="customer:42 order:7", data={"total": {"amount": 500}}
        )
        for n in (1, 2)
    ]
    assert customer(order("10:00"), refunds[0]).journeys.all[0].outcome == "purchased"
    assert customer(order("10:00"), *refunds).journeys.all[0].outcome == "refunded"
    assert metric(customer(order("10:00"), *refunds), "revenue")[0] == 1000


def test_a_root_cause_is_one_friction() -> None:
    failed = [interaction("payment_failed", at=f"10:0{n}", ids="customer:42 order:7") for n in range(3)]
    found = customer(*failed)
    assert [s.friction for s in found.steps.values()] == ["payment_failed", "", ""]
    assert next(iter(found.sessions.all.values())).frictions == 1


def test_a_cart_counts_as_abandoned_until_an_order_within_a_day() -> None:
    cart = interaction("product_added", at="0d 10:00", ids="customer:42 cart:k")
    assert metric(customer(cart), "cart_abandonment") == (1, 1, 1)
    assert metric(customer(cart, order("1d 10:00", channel="phone")), "cart_abandonment") == (0, 1, 1)
    assert metric(customer(cart, order("1d 10:00:01")), "cart_abandonment") == (1, 1, 1)


def test_a_session_converts_once() -> None:
    assert metric(
        customer(page("10:00"), order("10:05", "7"), order("10:06", "8")), "session_conversion"
    ) == (1, 1, 1)


def test_the_second_completion_of_an_order_counts_nowhere() -> None:
    found = customer(order("10:00"), order("10:01", id="again"))
    assert metric(found, "orders") == (1, 0, 1)
    assert metric(found, "average_order_value") == (1000, 1, 1)
    assert step(found, "again").why == "correlation"


def answered(
    at: str, score: int, *, kind: str = "nps", survey: str = "s", scale: tuple[int, int] = (0, 10)
) -> Interaction:
    data = {
        "kind": kind,
        "score": score,
        "scale_min": scale[0],
        "scale_max": scale[1],
        "polarity": "higher_is_better",
    }
    return interaction("survey_answered", at=at, ids=f"customer:42 survey:{survey}", data=data)


def test_of_several_answers_to_one_survey_only_the_last_on_its_scale_counts() -> None:
    assert metric(customer(answered("10:00", 10), answered("10:01", 3)), "nps") == (-100, 1, 1)
    assert metric(customer(answered("10:00", 10), answered("10:01", 11)), "nps") == (100, 1, 1)


def test_csat_counts_the_top_two_boxes_and_on_a_short_scale_the_top_one() -> None:
    five = [answered(f"10:0{n}", n, kind="csat", survey=str(n), scale=(1, 5)) for n in range(1, 6)]
    assert metric(customer(*five), "csat") == (2, 5, 5)
    three = [answered(f"10:0{n}", n, kind="csat", survey=str(n), scale=(1, 3)) for n in range(1, 4)]
    assert metric(customer(*three), "csat") == (1, 3, 3)


def test_first_response_time_runs_from_the_customers_message_to_an_agent_not_a_bot() -> None:
    def said(at: str, author: str) -> Interaction:
        return interaction("message_sent", at=at, ids="customer:42 conversation:c", data={"author": author})

    found = customer(
        said("10:00", "customer"), said("10:01", "bot"), said("10:05", "agent"), said("10:06", "agent")
    )
    assert metric(found, "first_response_time") == (300_000, 1, 1)
