"""The histogram of durations: log buckets as in DDSketch, 1 % relative error."""

import math

import pytest

from pipeline.core.window import ZERO_BUCKET, bucket_of

GAMMA = 1.01 / 0.99


@pytest.mark.parametrize("duration", [1, 2, 3, 10, 59_999, 60_000, 86_400_000, 7 * 86_400_000])
def test_a_bucket_gives_its_durations_back_within_one_percent(duration: int) -> None:
    given_back = 2 * GAMMA ** bucket_of(duration) / (GAMMA + 1)
    assert math.isclose(given_back, duration, rel_tol=0.0101)


def test_longer_is_never_in_a_lower_bucket_and_nothing_has_one_of_its_own() -> None:
    buckets = [bucket_of(duration) for duration in range(10_000)]
    assert buckets == sorted(buckets)
    assert buckets[:2] == [ZERO_BUCKET, 0]
    assert ZERO_BUCKET not in buckets[1:]
    assert buckets[-1] == 461
