"""Whether this worker is alive and whether it is ready, from what it last said about itself.

A worker is alive while its event loop turns and, when records wait, something was written not too long ago; Faust's
own detectors of stuck agents only log. It is ready once it has partitions and has written, or has nothing to write.
"""

import time
from collections.abc import Callable
from typing import NamedTuple


class Verdict(NamedTuple):
    """Good or not, and why, in words."""

    good: bool
    why: str


class Health:
    """What the worker reports, and the two verdicts. Written by the event loop, read by the telemetry thread."""

    def __init__(
        self,
        *,
        stuck_after_seconds: float = 120.0,
        silent_after_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stuck_after = stuck_after_seconds
        self._silent_after = silent_after_seconds
        self._clock = clock
        self._beat_at = clock()
        self._wrote_at: float | None = None
        self._behind_since: float | None = None
        self._behind = 0
        self._partitions = 0

    def beat(self) -> None:
        """The event loop turns. Called every second or so."""
        self._beat_at = self._clock()

    def wrote(self) -> None:
        """A flush was confirmed."""
        self._wrote_at = self._clock()

    def assigned(self, partitions: int) -> None:
        """This worker now reads so many partitions."""
        self._partitions = partitions

    def behind(self, records: int) -> None:
        """So many records wait, over all partitions of this worker."""
        self._behind = records
        if records == 0:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = self._clock()

    def alive(self) -> Verdict:
        """Whether the process should go on living."""
        silent = self._clock() - self._beat_at
        if silent > self._silent_after:
            return Verdict(good=False, why=f"the event loop has not turned for {silent:.0f} s")
        if self._behind_since is not None:
            still = self._clock() - max(self._behind_since, self._wrote_at or 0.0)
            if still > self._stuck_after:
                return Verdict(
                    good=False, why=f"{self._behind} records wait and nothing was written for {still:.0f} s"
                )
        return Verdict(good=True, why="alive")

    def ready(self) -> Verdict:
        """Whether the worker does its work."""
        if not (verdict := self.alive()).good:
            return verdict
        if self._partitions == 0:
            return Verdict(good=False, why="no partitions are assigned")
        if self._wrote_at is None and self._behind > 0:
            return Verdict(good=False, why=f"{self._behind} records wait and nothing was written yet")
        return Verdict(good=True, why=f"reads {self._partitions} partitions, {self._behind} records wait")
