"""A slice that came without those before it is left out: they come again, and so does it."""

from pipeline.kafka.batch import RecordBatch
from pipeline.kafka.flushes import Runs


def slice_(number: int, *, token: int = 1, partition: int = 0) -> RecordBatch:
    return RecordBatch("stitch", partition, (), token=token, number=number, end=0)


def taken(*slices: RecordBatch) -> list[tuple[int, int]]:
    runs = Runs()
    return [(one.token, one.number) for one in slices if runs.goes_on(one)]


def test_slices_that_follow_on_each_other_are_taken() -> None:
    other = slice_(0, partition=1)
    assert taken(slice_(0), other, slice_(1), slice_(2)) == [(1, 0), (1, 0), (1, 1), (1, 2)]


def test_a_slice_after_a_gap_is_left_out_until_positions_were_sought() -> None:
    slices = (slice_(0), slice_(2), slice_(3), slice_(0, token=2), slice_(1, token=2), slice_(4))
    assert taken(*slices) == [(1, 0), (2, 0), (2, 1)]


def test_a_slice_whose_first_ones_never_came_is_left_out() -> None:
    assert taken(slice_(1)) == []
