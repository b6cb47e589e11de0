"""A customer's story: all that the views know about one customer, in the order in which it is told."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

from pipeline.cli.certainty import certainty
from pipeline.cli.reading import Read, sql_of
from pipeline.core.interaction import KINDS

Record = dict[str, Any]


class Story(NamedTuple):
    """Rows of the views, by column name."""

    customer: str
    known_as: Sequence[str]
    totals: Record
    """The row of cx.customers; empty where there is none."""
    journeys: Sequence[Record]
    sessions: Sequence[Record]
    touchpoints: Sequence[Record]
    """Each with `certainty`: how sure it is that it is theirs."""
    frictions: Sequence[Record]
    """Absences too, which are no touchpoints, and the watermark is past their deadline."""

    @classmethod
    def read(cls, customer: str, read: Read) -> Self:
        """Everything about a customer."""
        given: dict[str, object] = {"customer": customer}
        known_as = [str(row[0]) for row in read(sql_of("known_as"), given | {"kinds": list(KINDS)}).rows]
        totals, journeys, sessions, touchpoints, frictions = (
            read(sql_of(query), given).records()
            for query in ("customer", "journeys", "sessions", "touchpoints", "frictions")
        )
        if touchpoints:
            sure = certainty(customer, touchpoints[0]["time"], touchpoints[-1]["time"], read)
            touchpoints = [
                step | {"certainty": sure.get((step["source"], step["id"]), "")} for step in touchpoints
            ]
        return cls(
            customer, known_as, totals[0] if totals else {}, journeys, sessions, touchpoints, frictions
        )

    def chapters(self) -> Iterator[tuple[Record | None, list[Record]]]:
        """Each journey with its steps and absences, in the order in which journeys began; last, what is in none."""
        for journey in self.journeys:
            yield journey, self._of(journey["journey_id"])
        if outside := self._of(""):
            yield None, outside

    def shown_by(self) -> dict[tuple[str, str], list[Record]]:
        """Frictions that an interaction shows, by its source and id."""
        shown: dict[tuple[str, str], list[Record]] = {}
        for friction in self.frictions:
            if not friction["absence"]:
                shown.setdefault((friction["source"], friction["id"]), []).append(friction)
        return shown

    def _of(self, journey_id: str) -> list[Record]:
        """Steps and absences of a journey by time; an absence has a deadline, a step has a type."""
        absences = [one for one in self.frictions if one["absence"] and one["journey_id"] == journey_id]
        steps = [step for step in self.touchpoints if step["journey_id"] == journey_id]
        return sorted([*steps, *absences], key=lambda one: (one["time"], "absence" in one))
