"""A customer's story: all that the views know about one customer, in the order in which it is told."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

from pipeline.cli.reading import Read, sql_of
from pipeline.core.interaction import KINDS

Record = dict[str, Any]


class Story(NamedTuple):
    """Rows of the views, by column name."""

    customer: str
    known_as: Sequence[str]
    journeys: Sequence[Record]
    sessions: Sequence[Record]
    touchpoints: Sequence[Record]

    @classmethod
    def read(cls, customer: str, read: Read) -> Self:
        """Everything about a customer."""
        given: dict[str, object] = {"customer": customer}
        known_as = [str(row[0]) for row in read(sql_of("known_as"), given | {"kinds": list(KINDS)}).rows]
        journeys, sessions, touchpoints = (
            read(sql_of(query), given).records() for query in ("journeys", "sessions", "touchpoints")
        )
        return cls(customer, known_as, journeys, sessions, touchpoints)

    def chapters(self) -> Iterator[tuple[Record | None, list[Record]]]:
        """Each journey with its steps, in the order in which journeys began; last, what is in no journey."""
        for journey in self.journeys:
            yield journey, [step for step in self.touchpoints if step["journey_id"] == journey["journey_id"]]
        if outside := [step for step in self.touchpoints if not step["journey_id"]]:
            yield None, outside
