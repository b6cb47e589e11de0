"""Views of experiments, satisfaction, loyalty, guidance and support on small histories, with numbers worked out by hand."""

from typing import Any

import pytest

from pipeline.core.row import SessionRow
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.store.rows import row
from tests.store.told import DAY, HOUR, MINUTE, NOON, SECOND, Teller, look


@pytest.fixture
def teller(writer: Writer) -> Teller:
    teller = Teller(writer)
    teller.watermark(NOON + 30 * DAY)
    return teller


def about(expected: float) -> object:
    return pytest.approx(expected, rel=1e-3)


def answer(
    teller: Teller, score: int, at: int = NOON, *, kind: str = "csat", about: str = "store", **fields: Any
) -> Any:
    low, high = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}[kind]
    survey = fields.pop("survey", fields["customer"])
    data = {"kind": kind, "score": score, "scale_min": low, "scale_max": high, "polarity": "higher_is_better"}
    named = dict(zip(("about_type", "about_id"), (*about.split(":"), "x"), strict=False))
    return teller.happened(
        "survey_answered",
        at,
        data | named | fields.pop("data", {}),
        carries=(f"survey:{survey}",),
        channel="survey",
        **fields,
    )


def expose(teller: Teller, variation: str, customer: str, **fields: Any) -> Any:
    data = {"experiment_id": "e", "variation_id": variation}
    return teller.happened("experiment_viewed", NOON, data, customer=customer, **fields)


def split(teller: Teller, **customers: tuple[int, int]) -> None:
    """Show each variation to so many customers, of whom so many order at once."""
    seen = []
    for variation, (number, converted) in customers.items():
        for n in range(number):
            customer = f"customer:{variation}{n}"
            seen.append(expose(teller, variation, customer, session_id=f"s-{customer}"))
            if n < converted:
                teller.order(customer, NOON + MINUTE, 100 * (n + 1), session_id=f"s-{customer}")
    teller.tell(*seen)


def test_conversions_are_compared_as_newcombe_does(analyst: Reader, teller: Teller) -> None:
    """56 of 70 against 48 of 80: the example of his paper, 0.2 (0.0524 to 0.3339)."""
    split(teller, A=(80, 48), B=(70, 56))
    a, b = look(analyst, "SELECT * FROM cx.experiments WHERE measure = 'conversion' ORDER BY variation_id")
    assert (a["n"], a["total"], a["value"], a["difference"]) == (80, 48, 0.6, None)
    assert (b["n"], b["total"], b["value"], b["baseline"]) == (70, 56, 0.8, "A")
    assert (b["difference"], b["difference_low"], b["difference_high"]) == (
        about(0.2),
        about(0.0524),
        about(0.3339),
    )
    assert (b["expected_customers"], b["sample_ratio_p_value"]) == (75, about(0.41422))


def test_the_sample_ratio_of_three_variations_has_two_degrees_of_freedom(
    analyst: Reader, teller: Teller
) -> None:
    split(teller, A=(50, 0), B=(30, 0), C=(40, 0))
    shown = look(analyst, "SELECT DISTINCT expected_customers, sample_ratio_p_value FROM cx.experiments")
    assert shown == [{"expected_customers": 40, "sample_ratio_p_value": about(0.082085)}]  # exp(-2.5)


def test_the_sample_ratio_of_four_variations_has_three_degrees_of_freedom(
    analyst: Reader, teller: Teller
) -> None:
    split(teller, A=(20, 0), B=(10, 0), C=(15, 0), D=(15, 0))
    (shown,) = look(analyst, "SELECT DISTINCT sample_ratio_p_value FROM cx.experiments")
    assert shown["sample_ratio_p_value"] == about(0.343030)  # chi-square 3.3333


def test_order_values_are_compared_as_welch_does(analyst: Reader, teller: Teller) -> None:
    """100 to 600 against 1100 to 1600: variance 35,000 each, 10 degrees of freedom, t = 2.2281."""
    seen = []
    for variation, more in (("A", 0), ("B", 1000)):
        for n in range(6):
            customer = f"customer:{variation}{n}"
            seen.append(expose(teller, variation, customer, session_id=customer))
            teller.order(customer, NOON, 100 * (n + 1) + more, session_id=customer)
    teller.tell(*seen)
    _, b = look(analyst, "SELECT * FROM cx.experiments WHERE measure = 'order_value' ORDER BY variation_id")
    assert (b["value"], b["n"], b["currency"], b["difference"]) == (1350, 6, "EUR", 1000)
    assert (b["low"], b["high"]) == (about(1350 - 149.69), about(1350 + 149.69))
    assert (b["difference_low"], b["difference_high"]) == (about(759.34), about(1240.66))


def test_who_saw_two_variations_is_left_out_and_an_order_counts_only_in_a_session_of_the_exposure(
    analyst: Reader, teller: Teller
) -> None:
    teller.tell(
        expose(teller, "A", "customer:1", session_id="s-1"),
        expose(teller, "A", "customer:2", session_id="s-2"),
        expose(teller, "B", "customer:2", session_id="s-2"),
        expose(teller, "B", "customer:3", session_id="s-3"),
    )
    teller.order("customer:1", NOON + DAY, session_id="s-9")
    teller.order("customer:3", NOON - MINUTE, session_id="s-3")
    shown = look(analyst, "SELECT * FROM cx.experiments WHERE measure = 'conversion' ORDER BY variation_id")
    assert [(each["n"], each["total"], each["mixed"]) for each in shown] == [(1, 0, 1), (1, 0, 1)]


def test_an_answer_is_turned_and_the_last_on_its_scale_counts(analyst: Reader, teller: Teller) -> None:
    lower = {"polarity": "lower_is_better"}
    teller.order("customer:1", NOON - DAY, order_id="O-9", channel="phone")
    teller.tell(
        answer(teller, 2, kind="ces", customer="customer:1", data=lower, about="order:O-9"),
        answer(teller, 6, NOON + 1, kind="ces", customer="customer:1", data=lower, about="order:O-9"),
        answer(teller, 9, NOON + 2, kind="ces", customer="customer:1", data=lower, about="order:O-9"),
        answer(teller, 9, kind="nps", customer="customer:2", about="chat:7"),
        answer(teller, 6, kind="nps", customer="customer:3"),
        answer(teller, 4, customer="customer:4"),
        answer(teller, 3, customer="customer:5"),
        answer(teller, 2, customer="customer:6", about="hotel"),
    )
    shown = look(analyst, "SELECT * FROM cx.survey_answers ORDER BY customer")
    assert [(e["score"], e["satisfied"], e["dissatisfied"], e["channel"]) for e in shown] == [
        (2, 0, 1, "phone"),
        (9, 1, 0, "chat"),
        (6, 0, 1, "store"),
        (4, 1, 0, "store"),
        (3, 0, 0, "store"),
        (2, 0, 1, "survey"),
    ]


def test_consistency_is_one_minus_the_weighted_deviation_of_channels_with_thirty_answers(
    analyst: Reader, teller: Teller
) -> None:
    """Web 30 of 40, phone 30 of 60, together 0.6: (40 x 0.15 + 60 x 0.1) / 100 = 0.12."""
    answers = [
        answer(teller, 5 if n < good else 1, customer=f"customer:{channel}{n}", about=channel)
        for channel, number, good in (("web", 40, 30), ("phone", 60, 30), ("chat", 29, 0))
        for n in range(number)
    ]
    teller.tell(*answers, answer(teller, 1, NOON + DAY, customer="customer:late", about="web"))
    (shown,) = look(
        analyst, "SELECT * FROM cx.consistency(from = '2026-02-02 00:00:00', to = '2026-02-03 00:00:00')"
    )
    assert (shown["measure"], shown["channel_a"], shown["channel_b"]) == ("satisfaction", "phone", "web")
    assert (shown["n_a"], shown["n_b"], shown["share_a"], shown["share_b"]) == (60, 40, 0.5, 0.75)
    assert (shown["overall"], shown["consistency"], shown["channels"]) == (0.6, about(0.88), 2)
    assert (shown["difference"], shown["difference_low"], shown["difference_high"]) == (
        -0.25,
        about(-0.413508),
        about(-0.054735),
    )


def test_sessions_without_a_friction_are_compared_between_channels_too(
    analyst: Reader, teller: Teller
) -> None:
    teller.sessions(
        *(
            row(
                SessionRow,
                customer=f"customer:{n}",
                started=NOON,
                session_id=f"s-{channel}-{n}",
                channel=channel,
                frictions=int(n < bad),
            )
            for channel, bad in (("web", 10), ("app", 20))
            for n in range(40)
        )
    )
    (shown,) = look(
        analyst, "SELECT * FROM cx.consistency(from = '2026-02-02 00:00:00', to = '2026-02-03 00:00:00')"
    )
    assert (shown["measure"], shown["share_a"], shown["share_b"]) == ("without_friction", 0.5, 0.75)
    assert (shown["overall"], shown["consistency"]) == (0.625, about(0.875))


def test_the_first_experience_is_held_against_what_was_bought_later(analyst: Reader, teller: Teller) -> None:
    for n, later in enumerate((100, 300)):
        teller.order(f"customer:good{n}", NOON)
        teller.order(f"customer:good{n}", NOON + DAY, later, frictions=5)
    first = teller.order("customer:bad", NOON, frictions=4)
    teller.tell(answer(teller, 1, NOON + HOUR, customer="customer:bad", journey_id=first.journey_id))
    shown = {
        (each["split"], each["experience"]): each for each in look(analyst, "SELECT * FROM cx.return_on_cx")
    }
    assert shown.keys() == {
        ("frictions", "0"),
        ("frictions", "3+"),
        ("satisfaction", "no answer"),
        ("satisfaction", "dissatisfied"),
    }
    good, bad = shown["frictions", "0"], shown["frictions", "3+"]
    assert (good["customers"], good["revenue"], good["later_per_customer"]) == (2, 2400, 200)
    assert (good["later_per_customer_low"], good["later_per_customer_high"]) == (about(4.004), about(395.996))
    assert (good["repeated_share"], good["difference"]) == (1, None)
    assert (bad["customers"], bad["later_revenue"], bad["difference"], bad["difference_low"]) == (
        1,
        0,
        -200,
        None,
    )


def test_members_are_compared_with_others_and_a_tier_is_that_of_the_last_change(
    analyst: Reader, teller: Teller
) -> None:
    for n in range(6):
        teller.order(f"customer:member{n}", NOON, 1100 + 100 * n)
        teller.order(f"customer:other{n}", NOON, 100 + 100 * n)
    program = {"program_id": "stars"}
    told = []
    for n in range(6):
        who = {"customer": f"customer:member{n}"}
        told += [
            teller.happened("loyalty_enrolled", NOON - DAY, program, **who),
            teller.happened("points_earned", NOON, {**program, "points": 30}, **who),
            teller.happened("points_redeemed", NOON + DAY, {**program, "points": 10}, **who),
            teller.happened(
                "tier_changed", NOON, {**program, "tier": "silver", "previous_tier": "basic"}, **who
            ),
            teller.happened(
                "tier_changed", NOON + DAY, {**program, "tier": "gold", "previous_tier": "silver"}, **who
            ),
        ]
    teller.tell(*told)
    member = look(analyst, "SELECT * FROM cx.loyalty_members ORDER BY customer")[0]
    assert (member["tier"], member["tier_changes"], member["points_balance"]) == ("gold", 2, 20)
    assert member["enrolled_at"] == member["member_since"]
    gold, other = look(analyst, "SELECT * FROM cx.loyalty ORDER BY tier")
    assert (gold["tier"], gold["is_member"], gold["customers"], gold["revenue_per_customer"]) == (
        "gold",
        1,
        6,
        1350,
    )
    assert (gold["difference"], gold["difference_low"], gold["difference_high"]) == (
        1000,
        about(759.34),
        about(1240.66),
    )
    assert (other["tier"], other["is_member"], other["difference"]) == ("not a member", 0, None)


def test_what_guided_is_bought_only_after_it_and_within_the_session(analyst: Reader, teller: Teller) -> None:
    popup = {"popup_id": "p"}

    def shown(n: int, at: int = NOON) -> Any:
        return teller.happened("popup_shown", at, popup | {"purpose": "x"}, session_id=f"s-{n}")

    teller.tell(
        shown(1),
        shown(1, NOON + SECOND),
        teller.happened("popup_clicked", NOON + MINUTE, popup, session_id="s-1"),
        shown(2),
        shown(3),
        teller.happened("popup_dismissed", NOON + MINUTE, popup, session_id="s-3"),
        shown(4),
    )
    teller.order("customer:42", NOON + HOUR, session_id="s-1")
    teller.order("customer:42", NOON - MINUTE, session_id="s-2")
    teller.order("customer:42", NOON + HOUR, session_id="s-9")
    teller.order("customer:42", NOON, session_id="s-4")
    (seen,) = look(analyst, "SELECT * FROM cx.guidance")
    assert (seen["kind"], seen["name"], seen["shown"], seen["clicked"], seen["dismissed"]) == (
        "popup",
        "p",
        5,
        1,
        1,
    )
    assert (seen["sessions"], seen["sessions_clicked"], seen["sessions_clicked_bought"]) == (4, 1, 1)
    assert (seen["sessions_bought"], seen["bought_share"]) == (2, 0.5)  # also at the very same moment


def test_searches_without_a_result_are_counted(analyst: Reader, teller: Teller) -> None:
    searches = [
        teller.happened("products_searched", NOON, {"query": "q", "results_count": n}, session_id=f"s-{n}")
        for n in range(3)
    ]
    teller.tell(
        *searches,
        teller.happened(
            "search_result_clicked", NOON + 1, {"query": "q", "product_id": "p"}, session_id="s-2"
        ),
    )
    (seen,) = look(analyst, "SELECT * FROM cx.guidance")
    assert (seen["shown"], seen["without_result"], seen["sessions_clicked"], seen["sessions"]) == (3, 1, 1, 3)


def test_a_chat_is_answered_by_an_agent_and_not_by_a_bot(analyst: Reader, teller: Teller) -> None:
    def said(author: str, after: int) -> Any:
        return teller.happened(
            "message_sent", NOON + after, {"author": author}, carries=("conversation:V",), channel="chat"
        )

    start = {"reason_code": "wismo"}
    teller.tell(
        teller.happened("conversation_started", NOON, start, carries=("conversation:V",), channel="chat"),
        said("customer", 10 * SECOND),
        said("bot", 12 * SECOND),
        said("agent", 70 * SECOND),
        said("agent", 90 * SECOND),
    )
    (seen,) = look(analyst, "SELECT * FROM cx.support")
    assert (seen["channel"], seen["reason_code"], seen["contacts"], seen["replied"]) == (
        "chat",
        "wismo",
        1,
        1,
    )
    assert (seen["first_reply_seconds"], seen["first_reply_median_seconds"], seen["solved"]) == (60, 60, 0)


def test_a_ticket_is_resolved_when_it_was_last_solved(analyst: Reader, teller: Teller) -> None:
    after = {"ticket_created": 0, "ticket_solved": 1, "ticket_reopened": 2}
    told = [
        teller.happened(kind, NOON + hours * HOUR, carries=("ticket:D",), channel="email")
        for kind, hours in after.items()
    ]
    teller.tell(
        *told, teller.happened("ticket_solved", NOON + 5 * HOUR, carries=("ticket:D",), channel="email")
    )
    (seen,) = look(analyst, "SELECT * FROM cx.support")
    assert (seen["solved"], seen["reopened"], seen["resolution_seconds"], seen["replied"]) == (1, 1, 18000, 0)
    assert seen["first_reply_seconds"] is None


def test_a_call_is_handled_or_left_in_the_queue(analyst: Reader, teller: Teller) -> None:
    def call(name: str, kind: str, after: int, data: dict[str, Any] | None = None) -> Any:
        return teller.happened(
            kind, NOON + after * SECOND, data, carries=(f"contact:{name}",), channel="phone"
        )

    teller.tell(
        call("1", "contact_initiated", 0, {"method": "inbound"}),
        call("1", "contact_queued", 5),
        call("1", "contact_connected_to_agent", 65),
        call("1", "contact_disconnected", 300),
        call("1", "contact_completed", 400, {"talk_s": 200, "hold_s": 30, "after_call_s": 10}),
        call("2", "contact_initiated", 0, {"method": "inbound"}),
        call("2", "contact_queued", 5),
        call("2", "contact_disconnected", 90),
        call("3", "contact_initiated", 0, {"method": "outbound"}),
    )
    (seen,) = look(analyst, "SELECT * FROM cx.support")
    assert (seen["contacts"], seen["queued"], seen["abandoned"], seen["abandoned_share"]) == (2, 2, 1, 0.5)
    assert (seen["handled"], seen["handle_seconds"]) == (1, 240)
    waits = look(analyst, "SELECT queue_seconds FROM cx.contacts ORDER BY thing")
    assert [each["queue_seconds"] for each in waits] == [60, None]


def test_a_contact_repeats_one_about_the_same_reason_or_order_within_a_week(
    analyst: Reader, teller: Teller
) -> None:
    def contact(n: int, at: int, reason: str, *things: str) -> Any:
        return teller.happened(
            "ticket_created", NOON + at, {"reason_code": reason}, carries=(*things, f"ticket:{n}")
        )

    teller.tell(
        contact(1, 0, "a"),
        contact(2, 7 * DAY, "a"),  # exactly a week later
        contact(3, 14 * DAY + 1, "a"),  # a millisecond more
        contact(4, 15 * DAY, "b", "order:O"),
        contact(5, 16 * DAY, "c", "order:O"),
        contact(6, 16 * DAY + 1, "d"),
    )
    rows = look(analyst, "SELECT thing, is_repeat FROM cx.contacts ORDER BY time")
    assert [each["is_repeat"] for each in rows] == [0, 1, 0, 0, 1, 0]


def test_a_ticket_of_a_call_is_part_of_that_contact(analyst: Reader, teller: Teller) -> None:
    reason = {"reason_code": "a", "method": "inbound"}
    teller.tell(
        teller.happened("contact_initiated", NOON, reason, carries=("contact:C",), channel="phone"),
        teller.happened("ticket_created", NOON + MINUTE, reason, carries=("ticket:D", "contact:C")),
        teller.happened("ticket_created", NOON + HOUR, reason, carries=("ticket:E", "contact:F")),
    )
    rows = look(analyst, "SELECT thing, is_repeat FROM cx.contacts ORDER BY time")
    assert [(each["thing"], each["is_repeat"]) for each in rows] == [("contact:C", 0), ("ticket:E", 1)]
