"""The edges that both agents share: what the transport hands over, and what writes the tables."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pipeline.core.row import Row
from pipeline.kafka import Event


class Writer(Protocol):
    """What writes the tables."""

    async def write_all(self, batches: Mapping[str, Sequence[Row]]) -> Mapping[str, float]:
        """Write rows of several tables at once; give the seconds of each when all are confirmed.

        Raises:
            StoreError: a table could not be written within the deadline.
        """


def by_partition(events: Sequence[Event]) -> dict[int, list[Event]]:
    """Group slices of one topic by partition, in order, without those of an older token than the last one.

    Such a slice was fetched before the position moved back: what it held comes again.
    """
    runs: dict[int, list[Event]] = {}
    for event in events:
        run = runs.setdefault(event.value.partition, [])
        if run and run[-1].value.token != event.value.token:
            run.clear()
        run.append(event)
    return runs
