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
    assert limit.hear(rows("xx")).startswith("5 records in a row of in/0")


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
