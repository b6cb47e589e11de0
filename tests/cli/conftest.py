"""A customer's story in the real engine, and commands run in this process as a person runs them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.cli import main
from pipeline.core.row import (
    TABLES,
    FinalityRow,
    FrictionRow,
    IdentityRow,
    InteractionRow,
    JourneyRow,
    SessionRow,
    TouchpointRow,
    WindowRow,
)
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.settings.values import Secret
from pipeline.store.connect import Server
from pipeline.store.migrate import migrate
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.store.rows import row

MINUTE = 60_000
START = 1_772_360_000_000 // MINUTE * MINUTE
"""2026-03-01 10:13 UTC."""


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `cxstream` in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    def done(*arguments: str) -> Done:
        capsys.readouterr()  # what fixtures said is not the command's
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, *capsys.readouterr())

    return done


def _server(clickhouse: LocalClickHouse, user: str) -> Server:
    return Server(port=clickhouse.native_port, user=user, password=Secret(clickhouse.passwords[user]))


@pytest.fixture(scope="session")
def migrated(clickhouse: LocalClickHouse) -> Iterator[Reader]:
    """The migrator's connection to the real engine, which has all tables."""
    server = _server(clickhouse, "migrator")
    migrate(server)
    reader = Reader(server)
    yield reader
    reader.close()


@pytest.fixture
def engine(clickhouse: LocalClickHouse, migrated: Reader, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """The real engine with empty tables; settings point at it."""
    for table in TABLES:
        migrated.query(f"TRUNCATE TABLE cx_store.{table}")
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", str(clickhouse.native_port))
    for role, user in (("writer", "pipeline_writer"), ("migrator", "migrator"), ("analyst", "analyst")):
        monkeypatch.setenv(f"CXSTREAM_CLICKHOUSE_{role.upper()}_PASSWORD", clickhouse.passwords[user])
    return Writer(_server(clickhouse, "pipeline_writer"), deadline=10)


STEPS = (
    # minute, source, type, channel, session, journey, stage, friction, why
    (0, "shop", "page_viewed", "web", "s1", "j1", "discover", "", "person"),
    (2, "shop", "product_viewed", "web", "s1", "j1", "consider", "", "person"),
    (7, "shop", "payment_failed", "web", "s1", "j1", "check out", "payment_failed", "person"),
    (1800, "pos", "order_completed", "store", "s2", "j1", "purchased", "", "correlation"),
    (1860, "helpdesk", "ticket_created", "email", "s3", "j1", "served", "", "support"),
    (1920, "crm", "consent_given", "web", "", "", "", "", ""),
)
ANCHORS = (
    ("anonymous:a-9f",),
    ("anonymous:a-9f",),
    ("customer:42",),
    ("customer:42", "invoice:R-1"),
    ("order:O-7",),
    ("customer:42",),
)
LINKS = (("anonymous:a-9f", "customer:42"), ("cart:C1", "anonymous:a-9f"), ("order:O-7", "customer:42"))


@pytest.fixture
def story(engine: Writer) -> Writer:
    """Customer 42: looks around, cannot pay, buys in the store, writes to support."""
    touchpoints, before = [], None
    for number, (minute, source, kind, channel, session, journey, stage, friction, why) in enumerate(
        STEPS, 1
    ):
        fields: dict[str, Any] = {
            "customer": "customer:42",
            "time": START + minute * MINUTE,
            "source": source,
            "id": f"i-{number}",
            "type": kind,
            "area": "browsing",
            "channel": channel,
            "session_id": session,
            "journey_id": journey,
            "number": number if journey else 0,
            "stage": stage,
            "gap_seconds": None if before is None or not journey else (minute - before) * 60.0,
            "channel_changed": int(bool(number > 1 and journey) and channel != STEPS[number - 2][3]),
            "friction": friction,
            "why": why,
        }
        touchpoints.append(row(TouchpointRow, **fields))
        before = minute
    engine.write("touchpoints", touchpoints)
    engine.write(
        "sessions",
        [
            row(
                SessionRow,
                customer="customer:42",
                session_id=name,
                started=START + first * MINUTE,
                ended=START + last * MINUTE,
                interactions=count,
                channels=(channel,),
                channel=channel,
            )
            for name, first, last, count, channel in (
                ("s1", 0, 7, 3, "web"),
                ("s2", 1800, 1800, 1, "store"),
                ("s3", 1860, 1860, 1, "email"),
            )
        ],
    )
    purchase: dict[str, Any] = {
        "customer": "customer:42", "journey_id": "j1", "started": START, "last_step_at": START + 1860 * MINUTE,
        "closes_at": START + 100_000 * MINUTE, "stage": "served", "outcome": "purchased", "order_id": "O-7",
        "purchased_at": START + 1800 * MINUTE, "steps": 5, "channels": ("web", "store", "email"), "sessions": 3,
        "frictions": 1, "contacts": 1, "value": 4900, "currency": "EUR",
    }  # fmt: skip
    engine.write("journeys", [row(JourneyRow, **purchase)])
    engine.write(
        "identity", [row(IdentityRow, from_identifier=weak, to_identifier=strong) for weak, strong in LINKS]
    )
    engine.write(
        "interactions",
        [
            row(
                InteractionRow,
                source=step[1],
                id=f"i-{number}",
                time=START + step[0] * MINUTE,
                sent_time=START + step[0] * MINUTE,
                anchor=anchor,
                identifiers=identifiers,
            )
            for (number, step), (anchor, *_), identifiers in zip(
                enumerate(STEPS, 1), ANCHORS, ANCHORS, strict=True
            )
        ],
    )
    shown = {"source": "shop", "id": "i-3", "session_id": "s1", "journey_id": "j1", "streak": 1}
    due = {"source": "helpdesk", "id": "i-5", "journey_id": "j1", "absence": 1, "streak": 2, "crossed": 1}
    engine.write(
        "frictions",
        [
            row(FrictionRow, time=START + 7 * MINUTE, score=1.0, **shown),
            row(FrictionRow, time=START + 3300 * MINUTE, kind="late_first_reply", score=3.04, **due),
        ],
    )
    engine.write("finality", [row(FinalityRow, watermark=START + 5000 * MINUTE)])
    return engine


@pytest.fixture
def windows(engine: Writer) -> Writer:
    """Three minutes of nps and one of revenue."""
    minute = START // 1000
    nps = [
        row(WindowRow, metric="nps", window=minute + 60 * n, numerator=2000 * n, denominator=40, n=40)
        for n in (1, 2, 3)
    ]
    revenue = row(
        WindowRow, metric="revenue", window=minute, currency="EUR", numerator=4900, denominator=0, n=1
    )
    engine.write("metric_windows", [*nps, revenue])
    return engine
