"""What became of orders, shipments, contacts, tickets, calls and invitations, worked out by hand (domain.md, section 7).

Each example is told in order, backwards and shuffled with resends, so that whatever is said of late records holds; the
oracle agrees each time.
"""

from random import Random
from typing import Any

import pytest

from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.oracle import answer
from tests.core.build import DAY_ONE, interaction, moment, money, order
from tests.core.stream import Stream

Cases = dict[tuple[str, str], tuple[int, int]]


def counted(metric: str, *made: Interaction) -> Cases:
    """Give (minute, channel) → numerator and denominator."""
    meaning = Meaning()
    said = answer(made, meaning).windows
    again = Random(len(made)).choices(made, k=2)
    for told in (made, made[::-1], Random(7).sample([*made, *again], len(made) + 2)):
        assert Stream(meaning).tell(told).windows() == said
    return {
        (clock(key[1]), key[2]): (numerator, denominator)
        for key, (numerator, denominator, _, _) in said.items()
        if key[0] == metric
    }


def clock(minute: int) -> str:
    """Give "10:00" or "3d 10:00"."""
    days, seconds = divmod(minute - DAY_ONE // 1000, 86_400)
    return f"{days}d " * bool(days) + f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def told(kind: str, at: str, things: str = "", who: str = "customer:42", **fields: Any) -> Interaction:
    return interaction(kind, at=at, ids=f"{who} {things}".strip(), **fields)


def billed(kind: str, at: str, things: str = "order:7", who: str = "", **fields: Any) -> Interaction:
    """What another department books, without knowing more than an id."""
    usual = {"source": "billing", "channel": "system", "passive": True}
    return told(kind, at, things, who, **(usual | fields))


def shipment(at: str, status: str, things: str = "order:7 shipment:s", **fields: Any) -> Interaction:
    return billed("shipment_status_changed", at, things, data={"status": status}, **fields)


def promised(at: str, by: str, number: str = "7") -> Interaction:
    return billed("delivery_promised", at, f"order:{number}", data={"promised_at": moment(by)})


def call(at: str, things: str = "", reason: str | None = None, **fields: Any) -> Interaction:
    data = {"method": fields.pop("method", "inbound"), "reason_code": reason}
    return told("contact_initiated", at, things or f"contact:{at.replace(' ', '-')}", data=data, **fields)


def ticket(
    kind: str, at: str, things: str = "ticket:t", reason: str | None = None, **fields: Any
) -> Interaction:
    fields = {"channel": "email"} | fields
    return told(f"ticket_{kind}", at, things, data={"reason_code": reason}, **fields)


def queue(kind: str, at: str, things: str = "contact:c", **fields: Any) -> Interaction:
    return told(f"contact_{kind}", at, things, **({"channel": "phone"} | fields))


def answered(at: str, score: int, survey: str = "s", **fields: Any) -> Interaction:
    data = {"kind": "csat", "score": score, "scale_min": 1, "scale_max": 5}
    return told("survey_answered", at, f"survey:{survey}", data=data, **fields)


def signed_in(at: str, other: str = "anonymous:a") -> Interaction:
    return told("signed_in", at, other)


def unlinked(at: str, pair: str = "customer:42 anonymous:a") -> Interaction:
    return interaction("identity_unlinked", at=at, ids=pair, passive=True)


class TestCheckoutAbandonment:
    METRIC = "checkout_abandonment"

    def test_a_checkout_is_abandoned_until_an_order_comes_within_a_day_on_any_channel(self) -> None:
        start = told("checkout_started", "10:00", "cart:k")
        assert counted(self.METRIC, start) == {("10:00", "web"): (1, 1)}
        by_phone = order("1d 10:00", channel="phone")
        assert counted(self.METRIC, start, by_phone) == {("10:00", "web"): (0, 1)}
        assert counted(self.METRIC, start, order("1d 10:00:00.001")) == {("10:00", "web"): (1, 1)}

    def test_its_clock_is_the_first_checkout_started_of_the_cart(self) -> None:
        starts = [told("checkout_started", at, "cart:k") for at in ("10:00", "20:00")]
        assert counted(self.METRIC, *starts) == {("10:00", "web"): (1, 1)}
        assert counted(self.METRIC, *starts, order("1d 12:00")) == {("10:00", "web"): (1, 1)}

    def test_an_order_before_it_does_not_count_and_one_at_the_same_moment_does(self) -> None:
        start = told("checkout_started", "10:00", "cart:k", id="m")
        assert counted(self.METRIC, start, order("09:59")) == {("10:00", "web"): (1, 1)}
        assert counted(self.METRIC, start, order("10:00", id="a")) == {("10:00", "web"): (0, 1)}

    def test_a_late_identify_takes_it_back_and_an_unlink_gives_it_again(self) -> None:
        start, bought = told("checkout_started", "10:00", "cart:k", "anonymous:a"), order("12:00")
        assert counted(self.METRIC, start, bought) == {("10:00", "web"): (1, 1)}
        assert counted(self.METRIC, start, bought, signed_in("3d 10:00")) == {("10:00", "web"): (0, 1)}
        apart = [signed_in("3d 10:00"), unlinked("4d 10:00")]
        assert counted(self.METRIC, start, bought, *apart) == {("10:00", "web"): (1, 1)}


class TestRepeatPurchases:
    METRIC = "repeat_purchase_rate"

    def test_an_order_after_another_of_the_same_customer_is_a_repeat(self) -> None:
        assert counted(self.METRIC, order("10:00", "7"), order("9d 11:00", "8", channel="store")) == {
            ("10:00", "web"): (0, 1),
            ("9d 11:00", "store"): (1, 1),
        }

    def test_a_second_completion_of_an_order_is_none_and_ties_go_by_source_and_id(self) -> None:
        assert counted(self.METRIC, order("10:00"), order("10:01", id="again")) == {("10:00", "web"): (0, 1)}
        at_once = [order("10:00", "7", id="b"), order("10:00", "8", id="a", channel="app")]
        assert counted(self.METRIC, *at_once) == {("10:00", "web"): (1, 1), ("10:00", "app"): (0, 1)}

    def test_a_guests_earlier_order_makes_it_one_once_they_are_known_to_be_the_same(self) -> None:
        guest, later = order("10:00", "6", ids="anonymous:a"), order("11:00", "7")
        assert counted(self.METRIC, guest, later)["11:00", "web"] == (0, 1)
        assert counted(self.METRIC, guest, later, signed_in("3d 10:00"))["11:00", "web"] == (1, 1)
        apart = [signed_in("3d 10:00"), unlinked("4d 10:00")]
        assert counted(self.METRIC, guest, later, *apart)["11:00", "web"] == (0, 1)


@pytest.mark.parametrize(
    ("metric", "kind"), [("refund_rate", "order_refunded"), ("stockout_after_order", "item_out_of_stock")]
)
class TestWhatBecameOfOrders:
    def test_it_counts_where_and_when_the_order_was_sold_whoever_booked_it(
        self, metric: str, kind: str
    ) -> None:
        sold = order("10:00", channel="store")
        assert counted(metric, sold) == {("10:00", "store"): (0, 1)}
        assert counted(metric, sold, billed(kind, "300d 12:00")) == {("10:00", "store"): (1, 1)}

    def test_several_are_one_and_a_part_is_enough(self, metric: str, kind: str) -> None:
        parts = [billed(kind, at, data={"total": money(1)}) for at in ("1d 12:00", "2d 12:00")]
        assert counted(metric, order("10:00"), *parts) == {("10:00", "web"): (1, 1)}

    def test_of_an_order_that_was_never_completed_it_counts_nowhere(self, metric: str, kind: str) -> None:
        assert counted(metric, billed(kind, "1d 12:00")) == {}
        assert counted(metric, order("10:00"), billed(kind, "1d 12:00", "order:8")) == {
            ("10:00", "web"): (0, 1)
        }

    def test_it_counts_also_if_a_wrong_clock_puts_it_before_the_order(self, metric: str, kind: str) -> None:
        assert counted(metric, order("10:00"), billed(kind, "09:00")) == {("10:00", "web"): (1, 1)}

    def test_a_better_copy_of_the_order_takes_it_along(self, metric: str, kind: str) -> None:
        sold, booked = order("10:00", id="o"), billed(kind, "1d 12:00")
        better = order("09:30", id="o", channel="app")
        assert counted(metric, sold, booked, better) == {("09:30", "app"): (1, 1)}

    def test_what_is_not_the_customers_after_all_is_taken_back(self, metric: str, kind: str) -> None:
        sold, booked = order("10:00"), told(kind, "1d 12:00", "order:7", "email:e", passive=True)
        apart = [signed_in("2d 10:00", "email:e"), unlinked("3d 10:00", "customer:42 email:e")]
        assert counted(metric, sold, booked) == {("10:00", "web"): (0, 1)}
        assert counted(metric, sold, booked, apart[0]) == {("10:00", "web"): (1, 1)}
        assert counted(metric, sold, booked, *apart) == {("10:00", "web"): (0, 1)}


class TestReturns:
    METRIC = "return_rate"

    def test_a_return_counts_where_the_order_was_first_delivered(self) -> None:
        sold = [order("10:00"), shipment("1d 10:00", "in_transit"), shipment("2d 10:00", "delivered")]
        assert counted(self.METRIC, *sold[:2], billed("return_received", "9d 10:00")) == {}
        assert counted(self.METRIC, *sold) == {("2d 10:00", "system"): (0, 1)}
        returned = billed("return_received", "9d 10:00")
        assert counted(self.METRIC, *sold, returned) == {("2d 10:00", "system"): (1, 1)}

    def test_of_several_shipments_the_first_that_arrived_counts_and_the_order_once(self) -> None:
        sold = [
            order("10:00"),
            shipment("3d 10:00", "delivered", "order:7 shipment:s"),
            shipment("2d 10:00", "delivered", "order:7 shipment:r", channel="store"),
        ]
        assert counted(self.METRIC, *sold) == {("2d 10:00", "store"): (0, 1)}

    def test_a_shipment_that_turns_out_to_be_the_orders_too_delivers_it(self) -> None:
        sold = [order("10:00"), shipment("2d 10:00", "delivered", "order:6 shipment:s", who="customer:42")]
        assert counted(self.METRIC, *sold) == {}
        also = shipment("3d 10:00", "expired")
        assert counted(self.METRIC, *sold, also) == {("2d 10:00", "system"): (0, 1)}

    def test_without_its_order_completed_it_counts_nowhere_and_a_late_one_brings_it(self) -> None:
        rest = [shipment("2d 10:00", "delivered"), billed("return_received", "9d 10:00")]
        assert counted(self.METRIC, *rest) == {}
        assert counted(self.METRIC, *rest, order("10:00")) == {("2d 10:00", "system"): (1, 1)}

    def test_ready_for_pickup_is_not_delivered(self) -> None:
        assert counted(self.METRIC, order("10:00"), shipment("2d 10:00", "available_for_pickup")) == {}


class TestDeliveries:
    METRIC = "on_time_delivery"

    @pytest.mark.parametrize(("at", "in_time"), [("3d 10:00", 1), ("3d 10:00:00.001", 0)])
    def test_exactly_when_it_was_promised_is_in_time(self, at: str, in_time: int) -> None:
        told_of = [promised("10:00", "3d 10:00"), shipment(at, "delivered")]
        assert counted(self.METRIC, *told_of) == {("3d 10:00", "system"): (in_time, 1)}

    def test_it_counts_each_shipment_with_a_promise_and_needs_no_order_completed(self) -> None:
        shipped = [
            shipment("2d 10:00", "delivered", "order:7 shipment:s"),
            shipment("4d 10:00", "delivered", "order:7 shipment:r"),
            shipment("2d 10:00", "delivered", "order:8 shipment:q", id="q"),
        ]
        assert counted(self.METRIC, *shipped) == {}
        assert counted(self.METRIC, promised("10:00", "3d 10:00"), *shipped) == {
            ("2d 10:00", "system"): (1, 1),
            ("4d 10:00", "system"): (0, 1),
        }

    def test_a_later_promise_does_not_excuse_and_an_earlier_one_that_comes_late_does_count(self) -> None:
        late = [promised("11:00", "3d 10:00"), shipment("4d 10:00", "delivered")]
        assert counted(self.METRIC, *late, promised("2d 10:00", "9d 10:00")) == {
            ("4d 10:00", "system"): (0, 1)
        }
        assert counted(self.METRIC, *late, promised("10:00", "9d 10:00")) == {("4d 10:00", "system"): (1, 1)}

    def test_delivered_again_changes_nothing(self) -> None:
        twice = [shipment("2d 10:00", "delivered"), shipment("5d 10:00", "delivered")]
        assert counted(self.METRIC, promised("10:00", "3d 10:00"), *twice) == {("2d 10:00", "system"): (1, 1)}

    def test_the_first_completion_promises_and_a_second_one_does_not(self) -> None:
        data = {"revenue": money(1), "total": money(1)}
        first = told("order_completed", "10:00", "order:7", data=data)
        again = told(
            "order_completed",
            "11:00",
            "order:7",
            data={**data, "promised_delivery_at": moment("3d 10:00")},
        )
        arrived = shipment("2d 10:00", "delivered")
        assert counted(self.METRIC, first, again, arrived) == {}
        assert counted(self.METRIC, again, arrived) == {("2d 10:00", "system"): (1, 1)}


class TestWhereIsMyOrder:
    METRIC = "wismo_rate"

    def test_contacts_count_above_at_their_start_and_shipments_below_at_their_first_status(self) -> None:
        shipped = [shipment("1d 10:00", "in_transit"), shipment("2d 10:00", "delivered")]
        asked = [call("1d 11:00", reason="wismo", channel="phone"), call("1d 12:00", reason="damaged")]
        chat = told(
            "conversation_started",
            "1d 13:00",
            "conversation:c",
            data={"reason_code": "where_is_my_order"},
            channel="chat",
        )
        assert counted(self.METRIC, *shipped, *asked, chat) == {
            ("1d 10:00", "system"): (0, 1),
            ("1d 11:00", "phone"): (1, 0),
            ("1d 13:00", "chat"): (1, 0),
        }

    def test_what_the_company_began_and_a_ticket_that_is_part_of_a_call_are_no_contacts(self) -> None:
        asked = call("10:00", "contact:c", reason="wismo", channel="phone")
        part = ticket("created", "10:05", "contact:c ticket:t", reason="wismo")
        outbound = [
            call(f"2{n}:00", reason="wismo", method=m) for n, m in enumerate(("outbound", "transfer"))
        ]
        assert counted(self.METRIC, asked, part, *outbound) == {("10:00", "phone"): (1, 0)}

    def test_an_earlier_status_that_comes_late_moves_the_shipment(self) -> None:
        known, late = shipment("2d 10:00", "in_transit"), shipment("1d 10:00", "pending")
        assert counted(self.METRIC, known) == {("2d 10:00", "system"): (0, 1)}
        assert counted(self.METRIC, known, late) == {("1d 10:00", "system"): (0, 1)}

    def test_one_shipment_told_of_to_two_people_is_one_once_they_are_known_to_be_the_same(self) -> None:
        two = [
            shipment("1d 10:00", "pending", "order:7 shipment:s", who="customer:42"),
            shipment("2d 10:00", "in_transit", "order:7 shipment:s", who="email:e"),
        ]
        assert len(counted(self.METRIC, *two)) == 2
        assert len(counted(self.METRIC, *two, signed_in("3d 10:00", "email:e"))) == 1
        apart = [signed_in("3d 10:00", "email:e"), unlinked("4d 10:00", "customer:42 email:e")]
        assert len(counted(self.METRIC, *two, *apart)) == 2


class TestContactRate:
    METRIC = "contact_rate"

    def test_an_order_counts_once_however_often_somebody_calls_about_it(self) -> None:
        sold = [order("10:00", "7"), order("11:00", "8")]
        calls = [call(f"{day}d 10:00", f"contact:{day} order:7", channel="phone") for day in (1, 200)]
        assert counted(self.METRIC, *sold) == {("10:00", "web"): (0, 1), ("11:00", "web"): (0, 1)}
        assert counted(self.METRIC, *sold, *calls) == {("10:00", "web"): (1, 1), ("11:00", "web"): (0, 1)}

    def test_a_contact_belongs_to_the_order_of_a_thing_that_it_carries_even_if_that_is_learned_later(
        self,
    ) -> None:
        asked = call("1d 10:00", "contact:c shipment:s", channel="phone")
        assert counted(self.METRIC, order("10:00"), asked) == {("10:00", "web"): (0, 1)}
        learned = shipment("2d 10:00", "in_transit")
        assert counted(self.METRIC, order("10:00"), asked, learned) == {("10:00", "web"): (1, 1)}

    def test_a_contact_without_any_id_of_the_order_is_about_none(self) -> None:
        assert counted(self.METRIC, order("10:00"), call("10:30", reason="wismo")) == {
            ("10:00", "web"): (0, 1)
        }

    def test_a_call_by_the_company_is_no_contact_and_an_unlink_takes_a_contact_back(self) -> None:
        outbound = call("1d 10:00", "contact:c order:7", method="outbound")
        assert counted(self.METRIC, order("10:00"), outbound) == {("10:00", "web"): (0, 1)}
        chat = told("conversation_started", "1d 11:00", "conversation:c order:7", "anonymous:a")
        joined = [chat, signed_in("2d 10:00")]
        assert counted(self.METRIC, order("10:00"), *joined) == {("10:00", "web"): (1, 1)}
        assert counted(self.METRIC, order("10:00"), *joined, unlinked("3d 10:00")) == {
            ("10:00", "web"): (0, 1)
        }


class TestRepeatContacts:
    METRIC = "repeat_contact_rate"

    @pytest.mark.parametrize(("again", "repeats"), [("7d 10:00", 1), ("7d 10:00:00.001", 0)])
    def test_exactly_seven_days_after_one_for_the_same_reason_is_a_repeat(
        self, again: str, repeats: int
    ) -> None:
        calls = [call("10:00", "contact:a", reason="damaged"), call(again, "contact:b", reason="damaged")]
        assert counted(self.METRIC, *calls) == {("10:00", "web"): (0, 1), ("7d 10:00", "web"): (repeats, 1)}

    def test_on_another_channel_about_the_same_order_it_is_one_and_without_either_it_is_not(self) -> None:
        asked = call("10:00", "contact:a order:7", channel="phone")
        chat = told("conversation_started", "11:00", "conversation:c order:7", channel="chat")
        assert counted(self.METRIC, asked, chat)["11:00", "chat"] == (1, 1)
        assert counted(self.METRIC, call("10:00"), call("11:00"))["11:00", "web"] == (0, 1)

    def test_a_late_record_of_an_earlier_contact_makes_it_one(self) -> None:
        known = call("5d 10:00", reason="damaged")
        assert counted(self.METRIC, known) == {("5d 10:00", "web"): (0, 1)}
        assert counted(self.METRIC, known, call("10:00", reason="damaged"))["5d 10:00", "web"] == (1, 1)

    def test_an_unlink_takes_it_back(self) -> None:
        before = call("10:00", reason="damaged", who="anonymous:a")
        both = [before, call("5d 10:00", reason="damaged"), signed_in("6d 10:00")]
        assert counted(self.METRIC, *both)["5d 10:00", "web"] == (1, 1)
        assert counted(self.METRIC, *both, unlinked("7d 10:00"))["5d 10:00", "web"] == (0, 1)


class TestContactAbandonment:
    METRIC = "contact_abandonment"

    def test_a_call_that_ends_in_the_queue_has_left_it_and_one_that_still_waits_has_not(self) -> None:
        waits = queue("queued", "10:00")
        assert counted(self.METRIC, waits) == {("10:00", "phone"): (0, 1)}
        assert counted(self.METRIC, waits, queue("disconnected", "10:05")) == {("10:00", "phone"): (1, 1)}

    def test_a_call_that_reached_an_agent_has_not_left_unless_it_was_queued_again(self) -> None:
        call_ = [queue("queued", "10:00"), queue("connected_to_agent", "10:05")]
        assert counted(self.METRIC, *call_, queue("disconnected", "10:10")) == {("10:00", "phone"): (0, 1)}
        again = [queue("queued", "10:08"), queue("disconnected", "10:10")]
        assert counted(self.METRIC, *call_, *again) == {("10:00", "phone"): (1, 1)}

    def test_an_agent_who_calls_back_takes_it_back_and_so_does_one_who_is_told_of_late(self) -> None:
        left = [queue("queued", "10:00"), queue("disconnected", "10:05")]
        assert counted(self.METRIC, *left, queue("connected_to_agent", "10:30")) == {
            ("10:00", "phone"): (0, 1)
        }
        assert counted(self.METRIC, *left, queue("connected_to_agent", "10:04")) == {
            ("10:00", "phone"): (0, 1)
        }

    def test_a_call_that_was_never_queued_is_none_and_two_calls_are_two(self) -> None:
        assert counted(self.METRIC, queue("disconnected", "10:00")) == {}
        two = [queue("queued", at, f"contact:{at}", channel="app") for at in ("10:00", "10:01")]
        assert counted(self.METRIC, *two, queue("disconnected", "10:02", "contact:10:01")) == {
            ("10:00", "app"): (0, 1),
            ("10:01", "app"): (1, 1),
        }

    def test_an_earlier_queue_that_comes_late_moves_it(self) -> None:
        left = [queue("queued", "10:03"), queue("disconnected", "10:05")]
        assert counted(self.METRIC, *left, queue("queued", "10:00")) == {("10:00", "phone"): (1, 1)}


class TestSurveyResponses:
    METRIC = "survey_response_rate"

    def test_an_answer_counts_where_the_survey_was_first_shown(self) -> None:
        shown = [
            told("survey_shown", at, "survey:s", channel=c) for at, c in (("10:00", "app"), ("11:00", "web"))
        ]
        assert counted(self.METRIC, *shown) == {("10:00", "app"): (0, 1)}
        assert counted(self.METRIC, *shown, answered("9d 10:00", 5, channel="email")) == {
            ("10:00", "app"): (1, 1)
        }

    def test_an_answer_off_its_scale_or_to_another_survey_is_none_and_two_are_one(self) -> None:
        shown = told("survey_shown", "10:00", "survey:s")
        assert counted(self.METRIC, shown, answered("10:01", 6)) == {("10:00", "web"): (0, 1)}
        assert counted(self.METRIC, shown, answered("10:01", 5, "r")) == {("10:00", "web"): (0, 1)}
        assert counted(self.METRIC, shown, answered("10:01", 5), answered("10:02", 1)) == {
            ("10:00", "web"): (1, 1)
        }

    def test_an_answer_without_a_showing_counts_nowhere(self) -> None:
        assert counted(self.METRIC, answered("10:01", 5)) == {}

    def test_an_answer_by_email_counts_once_it_is_known_whose_it_is_and_an_unlink_takes_it_back(self) -> None:
        both = [told("survey_shown", "10:00", "survey:s"), answered("10:01", 5, who="email:e")]
        assert counted(self.METRIC, *both) == {("10:00", "web"): (0, 1)}
        assert counted(self.METRIC, *both, signed_in("3d 10:00", "email:e")) == {("10:00", "web"): (1, 1)}
        apart = [signed_in("3d 10:00", "email:e"), unlinked("4d 10:00", "customer:42 email:e")]
        assert counted(self.METRIC, *both, *apart) == {("10:00", "web"): (0, 1)}


class TestResolutionTime:
    METRIC = "resolution_time"

    def test_it_runs_from_the_first_creation_to_the_last_solution_and_counts_where_it_began(self) -> None:
        one = [ticket("created", "10:00"), ticket("solved", "12:00", channel="system")]
        assert counted(self.METRIC, *one) == {("12:00", "email"): (2 * 3_600_000, 1)}
        more = [ticket("created", "11:00", channel="web"), ticket("solved", "1d 10:00", channel="web")]
        assert counted(self.METRIC, *one, *more) == {("1d 10:00", "email"): (24 * 3_600_000, 1)}

    def test_a_ticket_that_was_never_solved_after_it_was_created_has_none(self) -> None:
        assert counted(self.METRIC, ticket("created", "10:00")) == {}
        assert counted(self.METRIC, ticket("solved", "10:00")) == {}
        assert counted(self.METRIC, ticket("created", "10:00"), ticket("solved", "09:00")) == {}

    def test_a_creation_that_comes_late_lengthens_it_and_a_better_copy_moves_its_end(self) -> None:
        known = [ticket("created", "10:00"), ticket("solved", "12:00", id="end")]
        assert counted(self.METRIC, *known, ticket("created", "09:00", channel="web")) == {
            ("12:00", "web"): (3 * 3_600_000, 1)
        }
        assert counted(self.METRIC, *known, ticket("solved", "11:30", id="end")) == {
            ("11:30", "email"): (90 * 60_000, 1)
        }

    def test_two_peoples_parts_of_a_ticket_make_one_until_an_unlink(self) -> None:
        parts = [ticket("created", "10:00", who="email:e"), ticket("solved", "12:00")]
        assert counted(self.METRIC, *parts) == {}
        known = signed_in("3d 10:00", "email:e")
        assert counted(self.METRIC, *parts, known) == {("12:00", "email"): (7_200_000, 1)}
        assert counted(self.METRIC, *parts, known, unlinked("4d 10:00", "customer:42 email:e")) == {}


class TestFirstContactResolution:
    METRIC = "first_contact_resolution"
    SOLVED = (ticket("created", "10:00", reason="damaged"), ticket("solved", "12:00", channel="web"))

    def rate(self, *more: Interaction) -> tuple[int, int]:
        ((where, found),) = counted(self.METRIC, *self.SOLVED, *more).items()
        assert where == ("12:00", "web")
        return found

    def test_a_ticket_that_was_solved_and_never_heard_of_again_was_solved_at_first_contact(self) -> None:
        assert self.rate() == (1, 1)
        assert counted(self.METRIC, self.SOLVED[0]) == {}

    @pytest.mark.parametrize(
        ("at", "resolved"), [("12:00", 1), ("12:00:00.001", 0), ("7d 12:00", 0), ("7d 12:00:00.001", 1)]
    )
    def test_a_reopening_or_a_contact_for_the_same_reason_in_the_seven_days_after_undoes_it(
        self, at: str, resolved: int
    ) -> None:
        assert self.rate(ticket("reopened", at, id="z")) == (resolved, 1)
        assert self.rate(call(at, reason="damaged", channel="phone", id="z")) == (resolved, 1)

    def test_the_first_solution_counts_and_later_ones_do_not_start_the_seven_days_again(self) -> None:
        assert self.rate(ticket("solved", "6d 12:00"), call("8d 12:00", reason="damaged")) == (1, 1)

    def test_a_contact_about_something_else_is_no_further_contact(self) -> None:
        assert self.rate(call("1d 12:00", reason="wismo"), call("2d 12:00", "contact:c order:7")) == (1, 1)

    def test_the_ticket_of_a_call_is_about_what_the_call_is_about_and_the_call_is_its_own_contact(
        self,
    ) -> None:
        asked = call("10:00", "contact:c order:7", channel="phone")
        part = ticket("created", "10:05", "contact:c ticket:t", reason="damaged")
        solved = ticket("solved", "10:06")
        assert counted(self.METRIC, asked, part, solved) == {("10:06", "email"): (1, 1)}
        again = told("conversation_started", "2d 10:00", "conversation:d order:7")
        assert counted(self.METRIC, asked, part, solved, again) == {("10:06", "email"): (0, 1)}

    def test_an_order_that_becomes_known_later_makes_a_contact_one_about_the_same_matter(self) -> None:
        of_parcel = ticket("created", "10:00", "ticket:t shipment:s")
        solved, again = ticket("solved", "12:00"), call("1d 10:00", "contact:c order:7")
        assert counted(self.METRIC, of_parcel, solved, again) == {("12:00", "email"): (1, 1)}
        learned = shipment("5d 10:00", "in_transit", who="customer:42")
        assert counted(self.METRIC, of_parcel, solved, again, learned) == {("12:00", "email"): (0, 1)}

    def test_without_its_creation_a_ticket_is_about_the_order_with_which_it_appears(self) -> None:
        solved = ticket("solved", "12:00", "ticket:t order:7")
        assert counted(self.METRIC, solved, call("1d 10:00", reason="damaged")) == {
            ("12:00", "email"): (1, 1)
        }
        again = call("1d 10:00", "contact:c order:7")
        assert counted(self.METRIC, solved, again) == {("12:00", "email"): (0, 1)}

    def test_a_visitors_contact_undoes_it_once_it_is_known_whose_it_is_and_not_after_an_unlink(self) -> None:
        again = call("1d 10:00", reason="damaged", who="anonymous:a")
        assert self.rate(again, signed_in("3d 10:00")) == (0, 1)
        assert self.rate(again, signed_in("3d 10:00"), unlinked("4d 10:00")) == (1, 1)


class TestFrictionRate:
    METRIC = "friction_rate"

    def test_frictions_count_above_in_their_own_minute_and_sessions_below_at_their_first(self) -> None:
        made = [told("page_viewed", "10:00"), told("error_shown", "10:05"), told("rage_clicked", "10:05")]
        assert counted(self.METRIC, *made) == {("10:00", "web"): (0, 1), ("10:05", "web"): (2, 0)}

    def test_the_same_root_cause_is_one_and_an_earlier_one_that_comes_late_moves_it(self) -> None:
        failed = [told("payment_failed", at, "order:7", id=at) for at in ("10:10", "10:20", "10:01")]
        page = told("page_viewed", "10:00")
        assert counted(self.METRIC, page, *failed[:2])["10:10", "web"] == (1, 0)
        assert counted(self.METRIC, page, *failed) == {("10:00", "web"): (0, 1), ("10:01", "web"): (1, 0)}

    def test_what_did_not_happen_in_time_counts_at_its_deadline_where_the_clock_was_started(self) -> None:
        sold = [order("10:00", channel="store"), promised("10:30", "3d 10:00")]
        assert counted(self.METRIC, *sold) == {("10:00", "store"): (0, 1), ("3d 10:00", "system"): (1, 0)}
        arrived = shipment("3d 10:00", "delivered")
        assert counted(self.METRIC, *sold, arrived) == {("10:00", "store"): (0, 1)}

    def test_two_visitors_sessions_are_one_once_they_are_known_to_be_the_same(self) -> None:
        both = [told("error_shown", "10:00", who="anonymous:a"), told("error_shown", "10:05", channel="app")]
        assert counted(self.METRIC, *both) == {("10:00", "web"): (1, 1), ("10:05", "app"): (1, 1)}
        assert counted(self.METRIC, *both, signed_in("10:20")) == {("10:00", "web"): (1, 1)}
        apart = [signed_in("10:20"), unlinked("10:40")]
        assert counted(self.METRIC, *both, *apart)["10:05", "app"] == (1, 1)
