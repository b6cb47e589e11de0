"""Contributions to metric windows: numbers that can be added and taken away again.

The minute of a key is seconds since 1970-01-01 UTC. Values of which there is a mean also count into a log-bucket
histogram with 1 % relative error (DDSketch: Masson, Rim and Lee, VLDB 2019).
"""

import math
from typing import Final, NamedTuple

from pipeline.core.around import Around
from pipeline.core.message import Observed

_RELATIVE_ERROR: Final = 0.01
_LOG_GAMMA: Final = math.log((1 + _RELATIVE_ERROR) / (1 - _RELATIVE_ERROR))
ZERO_BUCKET: Final = -(2**29)
"""Where values of 0 count: below all that are greater, above all that are less."""
NEGATIVE: Final = -(2**30)
"""A value less than 0 counts so far below the bucket of its size, mirrored."""

Key = tuple[str, int, str, str, str, str, Around]
"""(metric, minute, channel, source, currency, declared, around); declared are the metric's own, as "name=value"."""


class Contribution(NamedTuple):
    """What one interaction, session, cart or order adds to one window (or takes back, with sign -1)."""

    key: Key
    numerator: int
    denominator: int
    n: int
    bucket: int | None = None
    sign: int = 1

    def taken_back(self) -> "Contribution":
        """Give the contribution that undoes this one."""
        return self._replace(
            numerator=-self.numerator, denominator=-self.denominator, n=-self.n, sign=-self.sign
        )


def key_of(metric: str, observed: Observed, currency: str = "", declared: str = "") -> Key:
    """Give the window of a metric for the minute and the dimensions of an interaction."""
    return key_at(metric, observed.time, observed, currency, declared)


def key_at(metric: str, time: int, observed: Observed, currency: str = "", declared: str = "") -> Key:
    """Give the window of a metric for the minute of a time (ms) and the dimensions of an interaction."""
    minute = time // 60_000 * 60
    return (metric, minute, observed.channel, observed.ref[0], currency, declared, observed.around)


def bucket_of(value: int) -> int:
    """Give the histogram bucket of a value: all in it are within 1 % of 2 gamma^bucket / (gamma + 1)."""
    if value > 0:
        return math.ceil(math.log(value) / _LOG_GAMMA)
    return NEGATIVE - bucket_of(-value) if value < 0 else ZERO_BUCKET


def value(key: Key, amount: int) -> Contribution:
    """Give what one value adds to a mean and its histogram."""
    return Contribution(key, amount, 1, 1, bucket_of(amount))


class Total:
    """The sum of contributions to one window."""

    __slots__ = ("buckets", "denominator", "n", "numerator")

    def __init__(self, numerator: int = 0, denominator: int = 0, n: int = 0) -> None:
        self.numerator = numerator
        self.denominator = denominator
        self.n = n
        self.buckets: dict[int, int] | None = None

    def add(self, contribution: Contribution) -> None:
        """Count a contribution."""
        _, numerator, denominator, n, bucket, sign = contribution
        self.numerator += numerator
        self.denominator += denominator
        self.n += n
        if bucket is not None:
            if self.buckets is None:
                self.buckets = {}
            count = self.buckets.get(bucket, 0) + sign
            if count:
                self.buckets[bucket] = count
            else:
                self.buckets.pop(bucket, None)

    def values(self) -> tuple[int, int, int, tuple[tuple[int, int], ...]]:
        """Give numerator, denominator, n and the histogram as sorted (bucket, count) pairs."""
        return (self.numerator, self.denominator, self.n, tuple(sorted((self.buckets or {}).items())))
