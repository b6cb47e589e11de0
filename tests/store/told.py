"""Small histories in one line each, written as the pipeline would: an interaction and its touchpoint, an order and its journey."""

from itertools import count
from typing import Any

import msgspec

from pipeline.core.row import FinalityRow, InteractionRow, JourneyRow, SessionRow, TouchpointRow
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.store.rows import AT, row

SECOND = 1000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOON = AT // DAY * DAY + 12 * HOUR
"""Noon of Monday, 2 February 2026."""


class Teller:
    """Writes what happened; each thing gets an id of its own."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._numbers = count(1)

    def watermark(self, at: int) -> None:
        self._writer.write("finality", [row(FinalityRow, watermark=at)])

    def tell(self, *happened: tuple[InteractionRow, TouchpointRow]) -> None:
        self._writer.write("interactions", [each[0] for each in happened])
        self._writer.write("touchpoints", [each[1] for each in happened])

    def happened(
        self,
        type_: str,
        at: int,
        data: dict[str, Any] | None = None,
        *,
        carries: tuple[str, ...] = (),
        context: dict[str, Any] | None = None,
        **fields: Any,
    ) -> tuple[InteractionRow, TouchpointRow]:
        """Give the rows of an interaction; `fields` are those of the touchpoint."""
        number = next(self._numbers)
        touchpoint = row(TouchpointRow, type=type_, time=at, id=f"t-{number}", **fields)
        content = row(
            InteractionRow,
            day=at // DAY,
            type=type_,
            sent_time=at,
            time=at,
            source=touchpoint.source,
            id=touchpoint.id,
            hash=number,
            channel=touchpoint.channel,
            passive=touchpoint.passive,
            identifiers=(touchpoint.customer, *carries),
            context=msgspec.json.encode(context).decode() if context else "",
            data=msgspec.json.encode(data or {}).decode(),
        )
        return content, touchpoint

    def order(self, customer: str, at: int, amount: int = 1000, **fields: Any) -> JourneyRow:
        """Write a journey with an order, and the order's touchpoint as its step 9; gives the journey."""
        number = next(self._numbers)
        session = fields.pop("session_id", "")
        channel = fields.pop("channel", "web")
        bought = row(
            JourneyRow,
            customer=customer,
            started=at,
            last_step_at=at,
            closes_at=at + 60 * DAY,
            purchased_at=at,
            order_id=f"O-{number}",
            journey_id=f"j-{number}",
            stage="purchased",
            outcome="purchased",
            value=amount,
            currency="EUR",
        )._replace(**fields)
        self._writer.write("journeys", [bought])
        completed = self.happened(
            "order_completed",
            at,
            carries=(f"order:{bought.order_id}",),
            customer=customer,
            journey_id=bought.journey_id,
            session_id=session,
            channel=channel,
            number=9,
        )
        self.tell(completed)
        return bought

    def journeys(self, *rows: JourneyRow) -> None:
        self._writer.write("journeys", rows)

    def sessions(self, *rows: SessionRow) -> None:
        self._writer.write("sessions", rows)


def look(reader: Reader, sql: str) -> list[dict[str, Any]]:
    """Give the rows with the names of their columns."""
    answer = reader.query(sql)
    return [dict(zip(answer.columns, each, strict=True)) for each in answer.rows]
