"""How the oracle reads the most delicate sentences of domain.md, case by case."""

from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.oracle import Answer, answer
from pipeline.core.row import FrictionRow, IdentityRow, JourneyRow, TouchpointRow
from pipeline.core.telling import observed_of
from pipeline.core.window import bucket_of, key_at
from tests.core.build import interaction, moment, order

PAGE = "page_viewed"
CHAT = {"area": "chat", "channel": "chat"}


def told(*made: Interaction, **meaning: object) -> Answer:
    """Give the answer, after checking that the order in which the interactions come does not matter."""
    given = answer(made, Meaning(**meaning))
    assert answer(reversed(made), Meaning(**meaning)) == given
    return given


def whose(given: Answer) -> dict[str, str]:
    return {row.id: row.customer for row in given.touchpoints}


def step(given: Answer, name: str) -> TouchpointRow:
    (row,) = (row for row in given.touchpoints if row.id == name)
    return row


def journeys(given: Answer) -> list[JourneyRow]:
    return sorted(given.journeys, key=lambda row: row.started)


def frictions(given: Answer) -> list[FrictionRow]:
    return sorted(given.frictions, key=lambda row: (row.time, row.source, row.id, row.kind))


def link(given: Answer, weaker: str, stronger: str) -> IdentityRow:
    (row,) = (r for r in given.identity if (r.from_identifier, r.to_identifier) == (weaker, stronger))
    return row


def page(at: str, ids: str = "customer:42", **fields: object) -> Interaction:
    return interaction(PAGE, at=at, ids=ids, **fields)


def unlink(at: str, ids: str) -> Interaction:
    return interaction("identity_unlinked", at=at, ids=ids)


def test_evidence_after_an_unlink_covers_only_what_comes_after_it() -> None:
    # The lent sighting too: at 10:00 the order was not the customer's, so it lends nobody then.
    given = told(
        page("10:00", "order:7 anonymous:a", id="before"),
        unlink("11:00", "customer:1 order:7"),
        page("12:00", "order:7 customer:1"),
        page("13:00", "order:7", id="after"),
    )
    assert whose(given)["before"] == "anonymous:a"
    assert whose(given)["after"] == "customer:1"
    assert link(given, "order:7", "customer:1").state == "live"


def test_evidence_for_a_thing_and_a_machine_that_is_void_lends_nothing() -> None:
    given = told(
        page("10:00", "order:7 anonymous:a", id="before"),
        page("10:30", "order:7 customer:1"),
        unlink("11:00", "order:7 anonymous:a"),
    )
    assert whose(given)["before"] == "anonymous:a"
    assert link(given, "order:7", "anonymous:a")[2:7] == (
        "removed", "unlinked", moment("10:00"), moment("10:00"), 1,
    )  # fmt: skip


def test_an_unlink_without_evidence_is_recorded_whatever_the_order_of_equals() -> None:
    given = told(
        page("10:00", "customer:1 customer:2"),
        unlink("11:00", "customer:2 customer:1"),
        unlink("11:30", "customer:1 email:e"),
    )
    assert link(given, "customer:2", "customer:1").reason == "unlinked"
    assert link(given, "email:e", "customer:1")[2:] == ("removed", "no_such_link", 0, 0, 0, "", "", 0, 0)
    assert len(given.identity) == 3  # of two equals both directions are recorded


def test_a_limit_is_the_highest_of_the_sources_of_the_evidence() -> None:
    made = [page("10:00", "customer:1 email:e"), page("11:00", "customer:2 email:e", source="desk")]
    given = told(*made, page("12:00", "email:e", id="bare"))
    assert {row.reason for row in given.identity} == {"limit"}
    assert whose(given)["bare"] == "email:e"
    given = told(*made, page("12:00", "email:e", id="bare"), limits={"email@desk": 2})
    assert {row.reason for row in given.identity} == {""}
    assert whose(given)["bare"] == "customer:1", "of several allowed ones the first"


def test_an_actor_that_holds_too_much_keeps_all_and_gives_nothing() -> None:
    made = [page(f"10:0{n}", "cart:k") for n in range(4)]
    given = told(*made, page("11:00", "cart:k customer:1"), actor_limit=3)
    assert set(whose(given)) == {"page_viewed@11:00"}
    assert link(given, "cart:k", "").reason == "too_many"


def test_what_a_request_names_is_as_if_it_had_never_existed_up_to_its_time() -> None:
    given = told(
        page("10:00", "email:e customer:1"),
        page("10:00", "anonymous:a customer:1", id="seen"),
        interaction("erasure_requested", at="11:00", ids="customer:1", area="privacy"),
        page("11:01", "email:e", id="mail"),
        page("11:02", "anonymous:a", id="bare"),
        page("11:03", "customer:1", id="again"),
    )
    assert whose(given) == {
        "erasure_requested@11:00": "customer:1",
        "mail": "email:e",
        "bare": "anonymous:a",
        "again": "customer:1",
    }


def test_what_joins_an_ended_journey_by_correlation_neither_reopens_nor_extends_it() -> None:
    given = told(
        page("0d 10:00", "customer:42 ticket:t"),
        page("40d 10:00", "customer:42 ticket:t", id="joins"),
        page("40d 10:01", id="opens"),
    )
    ended, opened = journeys(given)
    assert step(given, "joins").why == "correlation"
    assert (ended.steps, ended.last_step_at) == (2, moment("40d 10:00"))
    assert ended.closes_at == moment("30d 10:00")
    assert (opened.steps, step(given, "opens").number) == (1, 1)


def test_a_thing_belongs_to_its_order_only_from_order_completed_on() -> None:
    given = told(
        page("0d 10:00", "customer:42 ticket:t"),
        interaction("ticket_comment_added", at="40d 10:00", ids="customer:42 ticket:t", id="comment"),
        order("41d 10:00", ids="customer:42 ticket:t"),
        interaction("ticket_comment_added", at="200d 10:00", ids="customer:42 ticket:t", id="late"),
    )
    looked, bought = journeys(given)
    assert looked.outcome == "open"
    assert step(given, "comment")[9:16:6] == (bought.journey_id, "support")
    assert step(given, "late")[9:16:6] == (bought.journey_id, "correlation")
    assert bought.closes_at == moment("101d 10:00"), "what comes after the end keeps nothing open"


def test_an_interaction_before_its_order_joins_it_and_may_cancel_it() -> None:
    given = told(
        interaction("order_cancelled", at="09:00", ids="customer:42 order:7", id="early"),
        order("10:00"),
    )
    (journey,) = journeys(given)
    assert (journey.outcome, journey.steps, journey.started) == ("cancelled", 2, moment("09:00"))
    assert (step(given, "early").number, step(given, "early").why) == (1, "correlation")
    assert step(given, "order_completed@10:00").why == "correlation"


def test_a_root_cause_counts_once_and_a_passive_interaction_may_lie_in_a_session() -> None:
    failed = [interaction("payment_failed", at=at, ids="customer:42") for at in ("10:05", "10:06")]
    given = told(page("10:00"), *failed, interaction("payment_failed", at="10:07", ids="customer:42 order:7"))
    assert [(f.id, f.streak, f.crossed) for f in frictions(given)] == [
        ("payment_failed@10:05", 1, 0),
        ("payment_failed@10:07", 2, 0),
    ]
    (session,) = given.sessions
    assert session.frictions == 2


def test_a_reply_exactly_at_its_deadline_is_in_time() -> None:
    ask = interaction(
        "message_sent", at="10:00", ids="customer:42 conversation:c", data={"author": "customer"}, **CHAT
    )
    said = {"data": {"author": "agent"}, "passive": True, **CHAT}
    bot = interaction(
        "message_sent", at="10:01", ids="conversation:c", data={"author": "bot"}, passive=True, **CHAT
    )
    in_time = interaction("message_sent", at="10:02", ids="conversation:c", **said)
    too_late = interaction("message_sent", at="10:02:01", ids="conversation:c", **said)
    assert not told(ask, bot, in_time).frictions
    (late,) = told(ask, bot, too_late).frictions
    assert (late.kind, late.absence, late.time, late.id) == (
        "late_first_reply", 1, moment("10:02"), ask.id,
    )  # fmt: skip
    key = key_at("first_response_time", moment("10:02"), observed_of(ask))
    assert told(ask, bot, too_late).windows[key][:3] == (121_000, 1, 1)


def test_the_earliest_promise_counts_and_an_earlier_cancellation_excuses() -> None:
    promise = interaction(
        "delivery_promised",
        at="11:00",
        ids="customer:42 order:7",
        passive=True,
        area="fulfilment",
        data={"promised_at": moment("2d 10:00")},
    )
    later = interaction(
        "delivery_promised",
        at="12:00",
        ids="customer:42 order:7",
        passive=True,
        area="fulfilment",
        data={"promised_at": moment("9d 10:00")},
    )
    delivered = interaction(
        "shipment_status_changed",
        at="2d 10:01",
        ids="customer:42 order:7 shipment:s",
        data={"status": "delivered"},
    )
    cancelled = interaction("order_cancelled", at="2d 10:00", ids="customer:42 order:7")
    (late,) = told(order("10:00"), promise, later, delivered).frictions
    assert (late.kind, late.time, late.id, late.journey_id != "") == (
        "late_delivery", moment("2d 10:00"), promise.id, True,
    )  # fmt: skip
    assert not told(order("10:00"), promise, later, delivered, cancelled).frictions


def test_the_score_crosses_once_until_it_has_cleared() -> None:
    made = [
        interaction("error_shown", at=f"{day}d {hour}:00", ids="customer:42")
        for day, hour in ((0, 10), (0, 12), (0, 14), (0, 16), (60, 10), (60, 12), (60, 14))
    ]
    rows = frictions(told(*made))
    assert [row.crossed for row in rows] == [0, 0, 0, 1, 0, 0, 1]
    assert rows[0].score == 1
    assert rows[1].score == round(1 + 0.5 ** (2 / 24 / 30), 6)


def test_only_the_last_answer_to_a_survey_exists() -> None:
    def answered(at: str, score: int, ids: str = "customer:42 survey:s") -> Interaction:
        data = {"kind": "nps", "score": score, "scale_min": 0, "scale_max": 10}
        return interaction("survey_answered", at=at, ids=ids, data=data)

    given = told(answered("10:00", 3), answered("11:00", 9), answered("12:00", 11))
    assert not given.frictions
    assert [value for key, value in given.windows.items() if key[0] == "nps"] == [
        (100, 1, 1, ((bucket_of(100), 1),))
    ]


def test_a_midnight_and_a_campaign_cut_sessions_where_they_are_settings() -> None:
    made = [page("16:50"), page("17:10"), page("17:15", context={"campaign": {"name": "spring"}})]
    assert len(told(*made).sessions) == 1
    assert {s.started for s in told(*made, midnight_zone="Asia/Bangkok").sessions} == {
        moment("16:50"), moment("17:10"),
    }  # fmt: skip
    assert {s.started for s in told(*made, campaign_cuts=True).sessions} == {moment("16:50"), moment("17:15")}
