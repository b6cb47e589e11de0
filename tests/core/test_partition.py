"""One partition of the ledger protocol: positions, windows from further ahead, eviction, progress."""

from collections.abc import Sequence
from itertools import chain

import pytest

from pipeline.core.batch import Batch, read_block
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import ActorMessage, Crossed, Watermark, encode
from pipeline.core.partition import Partition
from pipeline.core.position import Position, epoch_of, offset_of, position_of
from pipeline.core.row import TABLES, LedgerRow, ProgressRow, WindowRow
from pipeline.core.telling import messages_of
from tests.core.build import interaction, order


def partition(*sources: str) -> Partition:
    return Partition(0, 3, Meaning(), sources=sources)


def told(one: Partition, offset: int, messages: Sequence[object]) -> Batch:
    blocks = [read_block(offset, encode(messages))]
    one.warm(one.cold(blocks), {})
    batch = one.fold(blocks)
    one.warm_windows(one.cold_windows(batch), {})
    return batch


def fold(one: Partition, offset: int, *messages: object) -> list[object]:
    batch = told(one, offset, messages)
    return [*chain.from_iterable(one.rows(batch).values()), one.progress(batch, 7)]


def messages_of_all(made: Sequence[Interaction]) -> list[ActorMessage]:
    return [message for each in made for message in messages_of(each)]


def test_a_position_holds_its_parts_and_refuses_what_does_not_fit() -> None:
    packed = position_of(7, 123_456, 42)
    assert (epoch_of(packed), offset_of(packed), packed & 0xFFFF) == (7, 123_456, 42)
    assert position_of(0, 1, 0) > position_of(0, 0, 65_535)
    for parts in ((256, 0, 0), (0, 1 << 40, 0), (0, 0, 1 << 16)):
        with pytest.raises(OverflowError):
            position_of(*parts)


def test_what_an_actor_had_heard_is_in_no_ledger_twice() -> None:
    one, heard = partition(), messages_of(interaction("page_viewed", at="10:00"))
    first, second = fold(one, 0, *heard), fold(one, 1, *heard)
    assert len([row for row in first if isinstance(row, LedgerRow)]) == 1
    assert not [row for row in second if isinstance(row, LedgerRow)]


def test_every_row_is_in_the_table_of_its_type() -> None:
    one = partition()
    made = [
        interaction("page_viewed", at="10:00", ids="customer:42 anonymous:a"),
        interaction("payment_failed", at="10:01", ids="customer:42 order:7"),
        order("10:02"),
    ]
    written = one.rows(told(one, 0, messages_of_all(made)))
    assert set(written) == {
        *("ledger", "touchpoints", "sessions", "journeys", "frictions", "identity", "metric_windows")
    }
    assert all(type(row) is TABLES[table] for table, rows in written.items() for row in rows)
    assert all(written.values())


def test_of_copies_of_an_unlink_only_a_better_one_is_news() -> None:
    def unlink(at: str, hash_: int) -> Interaction:
        ids = "customer:1 anonymous:a"
        return interaction("identity_unlinked", at=at, ids=ids, id="cut", hash=hash_)

    def news(offset: int, copy: Interaction) -> int:
        heard = [message for message in messages_of(copy) if message.actor == "anonymous:a"]
        return len([row for row in fold(one, offset, *heard) if isinstance(row, LedgerRow)])

    one = partition()
    assert news(0, unlink("10:00", 5)) == 2, "that it was seen, and the unlink"
    assert news(1, unlink("10:00", 5)) == 0
    assert news(2, unlink("10:00", 6)) == 0, "the greater hash"
    assert news(3, unlink("10:00", 4)) == 1
    assert news(4, unlink("09:59", 9)) == 2
    assert one.actors["anonymous:a"].evidence.cut("customer:1") == unlink("09:59", 9).time


def test_a_window_from_further_ahead_waits_until_we_get_there() -> None:
    one = partition()
    blocks = [read_block(0, encode(messages_of(order("10:00"))))]
    one.warm(one.cold(blocks), {})
    batch = one.fold(blocks)
    key = next(key for key in one.cold_windows(batch) if key[0] == "orders")
    ahead = WindowRow(*key[:-1], *key[-1], 0, 3, 5, 0, 5, (), (), position_of(0, 9, 0))
    one.warm_windows(one.cold_windows(batch), {key: ahead})
    written = one.rows(batch)["metric_windows"]
    assert key not in {row.key for row in written if isinstance(row, WindowRow)}
    later = fold(one, 10, *messages_of(order("10:00:10", "8")))
    assert [row.numerator for row in later if isinstance(row, WindowRow) and row.key == key] == [6]


def test_the_watermark_is_the_minimum_over_all_declared_partitions() -> None:
    one = partition("web/0", "web/1")
    (progress,) = fold(one, 0, Watermark("web", 0, 500))
    assert isinstance(progress, ProgressRow)
    assert progress.watermark == 0, "one was not heard of"
    (progress,) = fold(one, 1, Watermark("web", 1, 300), Watermark("web", 0, 100))
    assert isinstance(progress, ProgressRow)
    assert progress == ProgressRow(0, 3, 300, position_of(0, 1, 1), 0, '{"web/0":500,"web/1":300}', 7)
    resumed = partition("web/0", "web/1")
    resumed.resume(progress)
    assert resumed.watermarks == {"web/0": 500, "web/1": 300}


def test_what_the_last_batch_used_is_never_forgotten() -> None:
    one = partition()
    fold(one, 0, *messages_of(interaction("page_viewed", at="10:00", ids="customer:old")))
    fold(one, 1, *messages_of(order("10:00", ids="customer:new")))
    one.forget(0, 0)
    assert set(one.actors) == {"customer:new", "order:7"}
    assert all(version == Position(position_of(0, 1, 1)) for version, _ in one.windows.values())


def test_without_a_declared_partition_nothing_is_ever_late() -> None:
    (progress,) = fold(partition(), 0, Watermark("web", 0, 500))
    assert isinstance(progress, ProgressRow)
    assert progress.watermark == 0


def test_as_many_as_asked_for_are_kept_the_last_used_ones() -> None:
    one = partition()
    for number in range(6):
        fold(one, number, *messages_of(interaction("page_viewed", at="10:00", ids=f"customer:{number}")))
    one.forget(9, 9)
    assert len(one.actors) == 6
    fold(one, 6, *messages_of(interaction("page_viewed", at="10:01", ids="customer:0")))
    one.forget(2, 9)
    assert set(one.actors) == {"customer:5", "customer:0"}


def crossed(one: Partition, offset: int, *made: Interaction) -> list[Crossed]:
    return list(one.crossings(told(one, offset, messages_of_all(made))))


def crossings(one: Partition, offset: int, *made: Interaction) -> list[tuple[str, bool, float]]:
    return [(each.customer, each.present, each.score) for each in crossed(one, offset, *made)]


def failed(number: int, at: str) -> Interaction:
    return interaction("payment_failed", at=at, ids=f"customer:42 order:{number}", id=f"p{number}")


def test_a_crossing_is_told_once_and_taken_back_when_it_turns_out_wrong() -> None:
    one = partition()
    assert crossings(one, 0, *(failed(n, f"90d 1{n}:00") for n in range(3))) == []
    assert crossings(one, 1, failed(3, "90d 13:00")) == [("customer:42", True, 3.99423)]
    assert crossings(one, 2, interaction("page_viewed", at="91d 13:00")) == []
    earlier = [failed(n, "10d 10:00") for n in range(2)]  # better copies: two of the four were long ago
    assert crossings(one, 3, *earlier) == [("customer:42", False, 2.31311)]


def test_a_crossing_whose_friction_is_gone_is_taken_back_at_the_batches_last_position() -> None:
    one = partition()
    (crossing,) = crossed(one, 0, *(failed(n, f"90d 1{n}:00") for n in range(4)))
    assert (crossing.present, crossing.time, crossing.version) == (
        True,
        failed(3, "90d 13:00").time,
        position_of(0, 0, 7),
    )
    gone = interaction("payment_failed", at="80d 13:00", ids="customer:42 order:3", id="p3")
    back = [each for each in crossed(one, 1, gone) if not each.present]
    assert [(each.time, each.score, each.version) for each in back] == [
        (failed(3, "90d 13:00").time, 0.0, position_of(0, 1, 1))
    ]
