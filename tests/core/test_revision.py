"""Revisions by hand: what changes a window that the watermark has passed, and the reason that it is given."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from pipeline.core.batch import Batch, read_block
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import Belongs, Message, Watermark, decode, encode
from pipeline.core.partition import Partition
from pipeline.core.position import position_of
from pipeline.core.row import ProgressRow, RevisionRow
from pipeline.core.telling import messages_of
from tests.core.build import interaction, moment, observed, order
from tests.simulation.world import FLOWS

Changes = Counter[tuple[str, str, str]]
SECOND = 1000


class Log:
    """One partition that is told everything; blocks are a second apart, the first at second 1."""

    def __init__(self, **meaning: Any) -> None:
        self._meaning = Meaning(flows=FLOWS, **meaning)
        self.partition = Partition(0, 0, self._meaning, sources=("raw/0",))
        self.offset = 0
        self.rows: list[RevisionRow] = []

    def block(self, messages: Sequence[object]) -> Batch:
        self.offset += 1
        blocks = [read_block(self.offset, encode(messages), self.offset * SECOND)]
        self.partition.warm(self.partition.cold(blocks), {})
        batch = self.partition.fold(blocks)
        self.partition.warm_windows(self.partition.cold_windows(batch), {})
        self.rows += [
            row
            for rows in self.partition.rows(batch).values()
            for row in rows
            if isinstance(row, RevisionRow)
        ]
        return batch

    def passes(self, at: str) -> "Log":
        """Let the watermark rise to a time."""
        self.block([Watermark("raw", 0, moment(at))])
        return self

    def tell(self, *interactions: Interaction) -> list[RevisionRow]:
        """Tell interactions in one block and all that follows; give the new revisions."""
        told = len(self.rows)
        words: Sequence[Message] = [m for i in interactions for m in messages_of(i, self._meaning.reads)]
        while words:
            words = list(self.block(words).words.values())
        return self.rows[told:]


def clock(second: int) -> str:
    return f"{second // 3600 % 24:02}:{second // 60 % 60:02}"


SHOWN = (
    *("orders", "revenue", "average_order_value", "session_conversion", "cart_abandonment", "nps"),
    "search_zero_rate",
)
"""Enough to follow by hand; other metrics count the same interactions."""


def changes(rows: Sequence[RevisionRow], *metrics: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Give (metric, minute) → the sum of changes of numerator, denominator and n, where it is not 0."""
    sums: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        if row.metric in (metrics or SHOWN):
            total = sums.setdefault((row.metric, clock(row.window)), Counter())
            for name in ("numerator", "denominator", "n"):
                total[name] += getattr(row, name)
    found = {key: (total["numerator"], total["denominator"], total["n"]) for key, total in sums.items()}
    return {key: change for key, change in found.items() if any(change)}


def reasons(rows: Sequence[RevisionRow]) -> set[str]:
    return {row.reason for row in rows}


def search(at: str, results: int = 0, **fields: Any) -> Interaction:
    return interaction("products_searched", at=at, data={"results_count": results}, **fields)


def cart(at: str, ids: str = "customer:42", **fields: Any) -> Interaction:
    return interaction("product_added", at=at, ids=f"{ids} cart:k", **fields)


def link(at: str, ids: str = "customer:42 anonymous:a", kind: str = "identity_linked") -> Interaction:
    return interaction(kind, at=at, ids=ids, area="identity")


def test_what_fills_a_window_is_no_revision() -> None:
    log = Log().passes("09:00")
    assert log.tell(order("10:00"), search("10:00:59"), cart("10:01")) == []


def test_without_a_watermark_nothing_was_published() -> None:
    log = Log()
    assert log.tell(order("10:00")) + log.tell(order("09:00", "8")) == []


def test_a_late_interaction_revises_its_windows() -> None:
    log = Log().passes("10:05")
    rows = log.tell(order("10:00", amount=700))
    assert reasons(rows) == {"late_interaction"}
    assert changes(rows) == {
        ("orders", "10:00"): (1, 0, 1),
        ("revenue", "10:00"): (700, 0, 1),
        ("average_order_value", "10:00"): (700, 1, 1),
        ("session_conversion", "10:00"): (1, 1, 1),
    }
    assert {(row.heard_at, row.revised_at, row.watermark) for row in rows} == {
        (2 * SECOND, 2 * SECOND, moment("10:05"))
    }


def test_a_minute_is_published_when_the_watermark_reaches_its_end() -> None:
    assert Log().passes("10:00:59").tell(search("10:00:10")) == []
    (row,) = [
        each for each in Log().passes("10:01").tell(search("10:00:10")) if each.metric == "search_zero_rate"
    ]
    assert (row.reason, row.numerator, row.denominator) == ("late_interaction", 1, 1)


def test_late_interactions_of_one_block_and_window_are_one_revision_that_counts_them() -> None:
    log = Log().passes("10:05")
    rows = log.tell(*(search("10:00", ids=f"customer:{n}", id=f"s{n}") for n in range(3)))
    (row,) = [each for each in rows if each.metric == "search_zero_rate"]
    assert (row.contributions, row.n) == (3, 3)


def test_a_late_identify_moves_the_visitors_past_and_is_the_reason_everywhere() -> None:
    log = Log()
    log.tell(cart("10:00", "anonymous:a"))
    log.tell(order("10:10", channel="phone"))
    rows = log.passes("10:30").tell(link("10:31"))
    assert reasons(rows) == {"identity_linked"}
    assert changes(rows) == {
        ("cart_abandonment", "10:00"): (-1, 0, 0),
        ("session_conversion", "10:00"): (1, 0, 0),
        ("session_conversion", "10:10"): (-1, -1, -1),
    }
    assert {row.heard_at for row in rows} == {4 * SECOND}, "of the link, whoever heard of it later"
    assert {row.revised_at for row in rows} == {4 * SECOND, 5 * SECOND}


def test_an_unlink_gives_back_what_the_link_took() -> None:
    log = Log()
    log.tell(cart("10:00", "anonymous:a"))
    log.tell(order("10:10", channel="phone"))
    taken = changes(log.passes("10:30").tell(link("10:31")))
    rows = log.tell(link("10:40", kind="identity_unlinked"))
    assert reasons(rows) == {"identity_unlinked"}
    assert changes(rows) == {key: tuple(-part for part in change) for key, change in taken.items()}


def test_a_thing_that_finds_its_person_says_so_through_the_machine() -> None:
    log = Log()
    log.tell(cart("10:00", "anonymous:a"))
    log.tell(order("10:10", ids="anonymous:a"))
    log.tell(order("10:11", "9", channel="phone"))
    rows = log.passes("10:30").tell(link("10:31", "customer:42 order:7"))
    assert reasons(rows) == {"identity_linked"}
    assert changes(rows, "session_conversion") == {("session_conversion", "10:11"): (-1, -1, -1)}


def test_a_better_copy_that_comes_late_is_a_revision() -> None:
    log = Log()
    log.tell(order("10:00", amount=1000, hash=9), search("10:00", hash=9))
    better = order("10:00", amount=900, hash=3)
    rows = log.passes("10:05").tell(better, search("10:00", 5, hash=3))
    assert reasons(rows) == {"better_copy"}
    assert changes(rows) == {
        ("revenue", "10:00"): (-100, 0, 0),
        ("average_order_value", "10:00"): (-100, 0, 0),
        ("search_zero_rate", "10:00"): (-1, 0, 0),
    }
    assert log.tell(order("10:00", amount=500, hash=7)) == [], "no better than what is there"


def test_an_order_in_time_that_rescues_a_cart_resolves_it() -> None:
    log = Log()
    log.tell(cart("10:00"))
    rows = log.passes("10:05").tell(order("10:20"))
    assert {(row.metric, row.reason) for row in rows} == {
        ("cart_abandonment", "resolved"),
        ("session_conversion", "resolved"),
    }
    assert changes(rows, "cart_abandonment") == {("cart_abandonment", "10:00"): (-1, 0, 0)}


def test_a_later_answer_to_the_same_survey_resolves_the_earlier_one() -> None:
    def answer(at: str, score: int) -> Interaction:
        data = {"kind": "nps", "score": score, "scale_min": 0, "scale_max": 10}
        return interaction("survey_answered", at=at, ids="customer:42 survey:s", data=data)

    log = Log()
    log.tell(answer("10:00", 2))
    rows = log.passes("10:05").tell(answer("10:06", 9))
    assert [row.reason for row in rows if row.metric == "nps"] == ["resolved"]
    assert changes(rows, "nps") == {("nps", "10:00"): (100, -1, -1)}


def test_a_resend_is_no_revision() -> None:
    log = Log()
    told = [cart("10:00", "anonymous:a"), order("10:10"), link("10:11")]
    log.tell(*told)
    assert log.passes("10:30").tell(*told) == []


def test_a_word_that_comes_after_the_watermark_is_delayed_and_not_late() -> None:
    log = Log().passes("09:00")
    log.tell(link("09:01"))
    batch = log.block(messages_of(order("10:00", ids="anonymous:a")))
    log.passes("10:05")
    log.block(list(batch.words.values()))
    assert reasons(log.rows) == {"delayed"}
    assert changes(log.rows, "orders") == {("orders", "10:00"): (1, 0, 1)}


def test_a_late_interaction_stays_late_at_the_customer_to_whom_it_is_sent() -> None:
    log = Log().passes("09:00")
    log.tell(link("09:01"))
    log.passes("10:05")
    rows = log.tell(order("10:00", ids="anonymous:a"))
    assert reasons(rows) == {"late_interaction"}
    assert {(row.heard_at, row.revised_at) for row in rows} == {(4 * SECOND, 5 * SECOND)}


def test_who_turns_out_to_be_a_bot_takes_its_sessions_back() -> None:
    log = Log(actor_limit=3)
    log.tell(*(interaction("page_viewed", at=f"10:0{n}") for n in range(3)))
    rows = log.passes("10:20").tell(interaction("page_viewed", at="10:21"))
    assert sorted((row.metric, row.reason, row.n) for row in rows) == [
        ("friction_rate", "limit", -1), ("session_conversion", "limit", -1),
    ]  # fmt: skip


def test_of_several_causes_in_one_block_the_greatest_is_named() -> None:
    log = Log()
    log.tell(cart("10:00", hash=9))
    rows = log.passes("10:30").tell(cart("10:00", hash=3), order("10:10"))
    assert reasons(rows) == {"better_copy"}


def test_two_causes_that_undo_each_other_in_one_block_are_none() -> None:
    log = Log()
    log.tell(interaction("page_viewed", at="10:00", ids="anonymous:a"))
    log.passes("10:30")
    assert log.tell(link("10:31"), link("10:32", kind="identity_unlinked")) == []


def test_what_was_told_before_the_resumed_position_is_not_told_again() -> None:
    first = Log().passes("10:05")
    first.tell(order("10:00"))
    assert first.rows
    progress = first.partition.progress(first.block([]), 0)
    again = Log()
    again.partition.resume(progress)
    again.passes("10:05")
    assert again.tell(order("10:00")) == []
    assert again.offset < first.offset
    again.block([])
    assert reasons(again.tell(order("10:00", "8", id="another"))) == {"late_interaction"}


def test_a_watermark_from_further_ahead_makes_nothing_late_before_its_position() -> None:
    log = Log()
    log.partition.resume(
        ProgressRow(0, 0, moment("12:00"), position_of(0, 1, 0), 0, f'{{"raw/0":{moment("12:00")}}}', 0)
    )
    assert log.tell(order("10:00")) == []
    assert reasons(log.tell(order("10:00", "8", id="another"))) == {"late_interaction"}


def test_a_word_of_an_older_ledger_has_no_reason() -> None:
    word = Belongs("customer:42", "anonymous:a", 7, True, observed("page_viewed", at="10:00"), 2, 99)  # noqa: FBT003
    tag, *fields = msgspec.msgpack.decode(encode(word))
    older = decode(msgspec.msgpack.encode([tag, *fields[:-2]]))
    assert isinstance(older, Belongs)
    assert (older.reason, older.heard_at) == (0, 0)
    assert decode(encode(word)) == word
