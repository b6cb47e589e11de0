from pipeline.core.limit import RejectionLimit
from pipeline.core.row import IntakeRow

MINUTE = 60_000


def rows(outcomes: str, *, at: int = 0, partition: int = 0) -> list[IntakeRow]:
    """One row per letter: "." accepted, "x" refused."""
    named = {".": "accepted", "x": "unreadable"}
    return [IntakeRow("in", 0, partition, n, named[o], 0, "web", at) for n, o in enumerate(outcomes)]


def test_a_run_of_refused_records_in_one_partition_stops_the_worker_across_flushes() -> None:
    limit = RejectionLimit(0.5, 5 * MINUTE, run=5)
    assert limit.hear(rows("..xxx")) == ""
    assert limit.hear(rows("xx")) == "5 records in a row of in/0 were refused (rejection_run)"


def test_a_good_record_ends_the_run_and_partitions_count_apart() -> None:
    limit = RejectionLimit(0.5, 5 * MINUTE, run=5)
    assert limit.hear(rows("xxxx.xxxx")) == ""
    assert limit.hear(rows("xxxx", partition=1)) == ""


def test_a_share_of_refused_records_stops_the_worker() -> None:
    limit = RejectionLimit(0.01, 5 * MINUTE, run=100)
    assert limit.hear(rows(("." * 99 + "x") * 100)) == ""
    assert "of the last 10010 records were refused" in limit.hear(rows("x" * 9 + ".", partition=1))


def test_the_share_is_taken_over_the_last_minutes_only() -> None:
    limit = RejectionLimit(0.01, 5 * MINUTE, run=100)
    limit.hear(rows(("." * 99 + "x") * 100))
    assert limit.hear(rows("x" * 50 + ".", at=6 * MINUTE)) == ""


def test_a_run_may_be_one_shorter_and_a_long_one_that_ended_stops_the_worker_too() -> None:
    assert RejectionLimit(0.5, 5 * MINUTE, run=5).hear(rows("xxxx")) == ""
    assert RejectionLimit(0.5, 5 * MINUTE, run=5).hear(rows("xxxxx."))


def test_no_records_are_no_reason() -> None:
    assert RejectionLimit(0.01, 5 * MINUTE, run=5).hear([]) == ""


def test_the_share_itself_is_allowed_from_ten_thousand_records_on() -> None:
    tenth = "." * 9 + "x"
    assert RejectionLimit(0.1, 5 * MINUTE, run=5).hear(rows(tenth * 1_000)) == ""
    assert RejectionLimit(0.099, 5 * MINUTE, run=5).hear(rows(tenth * 999)) == ""
    assert (
        RejectionLimit(0.099, 5 * MINUTE, run=5).hear(rows(tenth * 1_000))
        == "1000 of the last 10000 records were refused (rejection_ratio)"
    )


def test_what_is_exactly_as_old_as_the_stretch_still_counts() -> None:
    limit = RejectionLimit(0.05, 5 * MINUTE, run=100)
    limit.hear(rows("." * 9_000))
    assert limit.hear(rows(".x" * 500, at=5 * MINUTE)) == ""
    assert RejectionLimit(0.05, 5 * MINUTE, run=100).hear(rows(".x" * 5_000))
