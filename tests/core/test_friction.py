"""Frictions of one customer, to the letter of docs/decisions/0007."""

from typing import Any

import pytest

from pipeline.core.customer import derive
from pipeline.core.friction import Friction
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.telling import observed_of
from tests.core.build import interaction, moment, order

DAYS_30 = 30


def frictions(*made: Interaction) -> list[Friction]:
    return list(derive("customer:42", [observed_of(i) for i in made], Meaning()).frictions.values())


def kinds(*made: Interaction) -> list[str]:
    return [friction.kind for friction in frictions(*made)]


def said(at: str, author: str, **fields: Any) -> Interaction:
    ids = "customer:42 conversation:c"
    fields = {"channel": "chat", "passive": author != "customer"} | fields
    return interaction("message_sent", at=at, ids=ids, data={"author": author}, **fields)


def ticket(kind: str, at: str, **fields: Any) -> Interaction:
    fields = {"ids": "customer:42 ticket:t", "channel": "email"} | fields
    return interaction(kind, at=at, **fields)


def shipment(at: str, status: str, number: str = "s", **fields: Any) -> Interaction:
    ids = f"customer:42 order:7 shipment:{number}"
    return interaction("shipment_status_changed", at=at, ids=ids, data={"status": status}, **fields)


def promised(at: str, by: str, kind: str = "order_completed", **fields: Any) -> Interaction:
    money = {"amount": 1000, "currency": "EUR"}
    field = "promised_delivery_at" if kind == "order_completed" else "promised_at"
    data = {"revenue": money, "total": money, field: moment(by)}
    return interaction(kind, at=at, ids="customer:42 order:7", data=data, **fields)


def answered(at: str, score: int, survey: str = "s", **fields: Any) -> Interaction:
    data = {"kind": "csat", "score": score, "scale_min": 1, "scale_max": 5, "polarity": "higher_is_better"}
    ids = f"customer:42 survey:{survey}"
    return interaction("survey_answered", at=at, ids=ids, data=data | fields.pop("data", {}), **fields)


def failed(at: str, number: str = "", **fields: Any) -> Interaction:
    return interaction(
        "payment_failed", at=at, ids=f"customer:42 order:{number or at.replace(' ', '-')}", **fields
    )


class TestRootCauses:
    def test_the_same_kind_for_the_same_order_is_one(self) -> None:
        assert kinds(failed("10:00", "7"), failed("3d 10:00", "7"), failed("3d 11:00", "8")) == [
            "payment_failed",
            "payment_failed",
        ]

    def test_without_a_thing_it_is_one_for_each_session(self) -> None:
        errors = [interaction("error_shown", at=at) for at in ("10:00", "10:10", "12:00")]
        assert [f.time for f in frictions(*errors)] == [moment("10:00"), moment("12:00")]

    def test_without_a_session_it_is_one_for_each_interaction(self) -> None:
        renewals = [
            interaction("subscription_renewal_failed", at=at, ids="customer:42 subscription:s", passive=True)
            for at in ("10:00", "10:01")
        ]
        assert len(kinds(*renewals)) == 2

    def test_a_passive_interaction_counts_in_the_session_that_it_comes_to_lie_in(self) -> None:
        page, later = (interaction("page_viewed", at=at) for at in ("10:00", "10:20"))
        renewals = [
            interaction("subscription_renewal_failed", at=at, ids="customer:42 subscription:s", passive=True)
            for at in ("10:05", "10:06")
        ]
        assert len(kinds(page, *renewals)) == 2
        assert len(kinds(page, *renewals, later)) == 1


class TestSlowPages:
    @pytest.mark.parametrize(("load", "expected"), [(4000, []), (4000.5, ["slow_page"]), (None, [])])
    def test_more_than_four_seconds_is_slow(self, load: object, expected: list[str]) -> None:
        assert kinds(interaction("page_loaded", at="10:00", data={"load_ms": load})) == expected


class TestSurveys:
    def test_only_the_last_answer_exists(self) -> None:
        assert kinds(answered("10:00", 1), answered("10:05", 5)) == []
        assert kinds(answered("10:00", 5), answered("10:05", 1)) == ["low_survey"]

    def test_an_answer_off_its_scale_does_not_replace_one_that_is_on_it(self) -> None:
        assert kinds(answered("10:00", 1), answered("10:05", 9)) == ["low_survey"]

    def test_lower_is_better_turns_the_score(self) -> None:
        assert kinds(answered("10:00", 5, data={"polarity": "lower_is_better"})) == ["low_survey"]


class TestContacts:
    @pytest.mark.parametrize(("again", "expected"), [("7d 10:00", 1), ("7d 10:00:01", 0)])
    def test_a_contact_for_the_same_reason_within_seven_days_is_a_repeat(
        self, again: str, expected: int
    ) -> None:
        reason = {"data": {"reason_code": "wismo", "method": "inbound"}}
        first = interaction("contact_initiated", at="10:00", ids="customer:42 contact:a", **reason)
        second = interaction("contact_initiated", at=again, ids="customer:42 contact:b", **reason)
        assert kinds(first, second).count("repeat_contact") == expected

    def test_without_reason_or_order_nothing_is_the_same(self) -> None:
        calls = [
            interaction(
                "contact_initiated", at=at, ids=f"customer:42 contact:{at}", data={"method": "inbound"}
            )
            for at in ("10:00", "11:00")
        ]
        assert kinds(*calls) == []

    def test_contacts_about_a_shipment_of_one_order_are_about_the_same_matter(self) -> None:
        call = interaction(
            "contact_initiated",
            at="2d 10:00",
            ids="customer:42 contact:a shipment:s",
            data={"method": "inbound"},
        )
        chat = interaction("conversation_started", at="3d 10:00", ids="customer:42 order:7 conversation:c")
        assert "repeat_contact" in kinds(order("10:00"), shipment("1d 10:00", "in_transit"), call, chat)

    def test_a_ticket_of_a_call_is_no_contact_of_its_own(self) -> None:
        reason = {"reason_code": "wismo", "method": "inbound"}
        call = interaction("contact_initiated", at="10:00", ids="customer:42 contact:a", data=reason)
        part = ticket("ticket_created", "10:05", ids="customer:42 contact:a ticket:t", data=reason)
        assert "repeat_contact" not in kinds(call, part)


class TestReplies:
    def test_a_chat_is_late_after_two_minutes_and_not_on_them(self) -> None:
        start = said("10:00", "customer")
        assert kinds(start, said("10:02", "agent")) == []
        (late,) = frictions(start, said("10:02:01", "agent"))
        assert (late.kind, late.absence, late.time) == ("late_first_reply", True, moment("10:02"))
        assert late.ref == ("web", "message_sent@10:00")

    def test_a_bot_does_not_stop_the_clock(self) -> None:
        assert kinds(said("10:00", "customer"), said("10:01", "bot")) == ["late_first_reply"]

    def test_a_ticket_by_mail_has_a_day_also_when_it_was_solved_without_a_word(self) -> None:
        reply = ticket("ticket_comment_added", "1d 10:00", data={"author": "agent"}, passive=True)
        assert kinds(ticket("ticket_created", "0d 10:00"), reply) == []
        solved = ticket("ticket_solved", "11:00", passive=True)
        assert kinds(ticket("ticket_created", "0d 10:00"), solved) == ["late_first_reply"]

    def test_an_agent_who_wrote_first_does_not_answer(self) -> None:
        assert kinds(said("09:00", "agent"), said("10:00", "customer")) == ["late_first_reply"]


class TestDeliveries:
    def test_on_the_deadline_is_in_time(self) -> None:
        assert kinds(promised("10:00", by="3d 10:00"), shipment("3d 10:00", "delivered")) == []
        (late,) = frictions(promised("10:00", by="3d 10:00"), shipment("3d 10:01", "delivered"))
        assert (late.kind, late.absence, late.time) == ("late_delivery", True, moment("3d 10:00"))

    def test_an_order_is_late_if_any_of_its_shipments_is(self) -> None:
        parcels = shipment("1d 10:00", "delivered", "s1"), shipment("5d 10:00", "delivered", "s2")
        assert kinds(promised("10:00", by="3d 10:00"), *parcels) == ["late_delivery"]

    def test_without_any_shipment_it_is_late(self) -> None:
        assert kinds(promised("10:00", by="3d 10:00")) == ["late_delivery"]

    def test_a_later_promise_excuses_nothing_and_an_earlier_one_counts(self) -> None:
        arrived = shipment("4d 10:00", "delivered")
        excuse = promised("1d 10:00", by="9d 10:00", kind="delivery_promised", passive=True)
        assert kinds(promised("10:00", by="3d 10:00"), excuse, arrived) == ["late_delivery"]
        before = promised("09:00", by="9d 10:00", kind="delivery_promised", passive=True)
        assert kinds(before, promised("10:00", by="3d 10:00"), arrived) == []

    def test_waiting_at_a_pickup_point_is_not_delivered(self) -> None:
        assert "late_delivery" in kinds(
            promised("10:00", by="3d 10:00"), shipment("1d 10:00", "available_for_pickup")
        )

    @pytest.mark.parametrize(("at", "expected"), [("3d 10:00", []), ("3d 10:00:01", ["late_delivery"])])
    def test_a_cancelled_order_owes_nothing_any_more(self, at: str, expected: list[str]) -> None:
        cancelled = interaction("order_cancelled", at=at, ids="customer:42 order:7")
        assert kinds(promised("10:00", by="3d 10:00"), cancelled) == expected

    def test_a_parcel_is_delivered_whichever_of_its_orders_that_is_said_with(self) -> None:
        known = shipment("1d 10:00", "in_transit")
        arrived = interaction(
            "shipment_status_changed",
            at="2d 10:00",
            ids="customer:42 order:8 shipment:s",
            data={"status": "delivered"},
        )
        assert kinds(promised("10:00", by="3d 10:00"), known, arrived) == []

    def test_one_late_order_of_two_is_told_and_what_came_before_excuses_nothing(self) -> None:
        other = interaction("shipment_status_changed", at="1d 10:00", ids="customer:42 order:8 shipment:o")
        cancelled = interaction("order_cancelled", at="1d 11:00", ids="customer:42 order:8")
        again = interaction("order_cancelled", at="1d 12:00", ids="customer:42 order:9")
        twice = shipment("1d 10:00", "delivered", id="first"), shipment("4d 10:00", "delivered", id="second")
        bought = promised("10:00", by="3d 10:00")
        assert kinds(bought, other, cancelled, again, *twice) == []
        assert kinds(bought, other, cancelled, again, twice[1]) == ["late_delivery"]

    def test_two_orders_cancelled_in_time_both_owe_nothing(self) -> None:
        orders = [
            interaction(
                "order_completed",
                at=f"10:0{n}",
                ids=f"customer:42 order:{n}",
                data={"promised_delivery_at": moment("3d 10:00")},
            )
            for n in (1, 2)
        ]
        cancelled = [
            interaction("order_cancelled", at=f"11:0{n}", ids=f"customer:42 order:{n}") for n in (1, 2)
        ]
        assert kinds(*orders) == ["late_delivery"] * 2
        assert kinds(*orders, *cancelled) == []

    def test_a_promise_for_an_order_that_nobody_made_is_none(self) -> None:
        assert kinds(promised("10:00", by="3d 10:00", kind="delivery_promised", passive=True)) == []


class TestScore:
    def test_a_friction_weighs_half_after_thirty_days_and_nothing_after_ninety(self) -> None:
        found = frictions(
            failed("0d 10:00"), failed(f"{DAYS_30}d 10:00"), failed("90d 10:00"), failed("91d 10:00")
        )
        assert [f.score for f in found] == [1.0, 1.5, 1.375, 2.22145]

    def test_it_crosses_once_until_it_has_cleared(self) -> None:
        at_once = [failed(f"10:0{n}", str(n)) for n in range(5)]
        later = [failed(f"60d 10:0{n}", f"6{n}") for n in range(3)]
        assert [f.crossed for f in frictions(*at_once)] == [False, False, False, True, False]
        assert [f.crossed for f in frictions(*at_once, *later)][5:] == [False, True, False]

    def test_an_absence_takes_its_place_by_its_deadline(self) -> None:
        found = frictions(promised("10:00", by="3d 10:00"), failed("2d 10:00"), failed("4d 10:00"))
        assert [f.kind for f in found] == ["payment_failed", "late_delivery", "payment_failed"]


class TestStreak:
    def streaks(self, *made: Interaction) -> list[int]:
        return [friction.streak for friction in frictions(*made)]

    def test_it_counts_frictions_since_the_last_good_experience(self) -> None:
        made = [failed("10:00"), failed("11:00"), order("12:00"), failed("13:00")]
        assert self.streaks(*made) == [1, 2, 1]
        assert [f.streak_ended_at for f in frictions(*made)] == [moment("12:00"), moment("12:00"), None]

    def test_the_second_completion_of_an_order_is_not_good(self) -> None:
        again = order("12:00", id="again")
        assert self.streaks(failed("10:00"), order("10:30"), failed("11:00"), again, failed("13:00")) == [
            1,
            1,
            2,
        ]

    def test_a_solution_that_is_reopened_is_not_good(self) -> None:
        solved, reopened = (
            ticket("ticket_solved", "11:00", passive=True),
            ticket("ticket_reopened", "5d 11:00"),
        )
        assert self.streaks(failed("10:00"), solved, failed("12:00")) == [1, 1]
        assert self.streaks(failed("10:00"), solved, failed("12:00"), reopened) == [1, 2, 3]

    def test_a_delivery_in_time_is_good_and_a_late_one_is_not(self) -> None:
        bought = promised("09:00", by="3d 10:00")
        arrived = shipment("2d 10:00", "delivered")
        assert self.streaks(bought, failed("10:00"), arrived, failed("2d 11:00")) == [1, 1]
        late = shipment("3d 11:00", "delivered")
        assert self.streaks(bought, failed("10:00"), late, failed("3d 12:00")) == [1, 2, 3]

    def test_a_top_box_is_good(self) -> None:
        assert self.streaks(failed("10:00"), answered("11:00", 4), failed("12:00")) == [1, 1]
