"""How long the analyst's views take over a million interactions. Run `python -m benchmarks.views [INTERACTIONS [COPIES]]`.

Folds a demo in this process (the real admission and the real fold, no Kafka), writes it as a worker does, and copies each
customer some times with ids of their own. Then reads each view with all its columns, for one day where it has days, and whole:
the best of three rounds by the clock, and the engine's CPU time of that round, since other programs share the machine.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.agent_query import server_of
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.local.demo.shop import Shop
from pipeline.store.migrate import migrate
from pipeline.store.read import Reader
from tests.helpers.fold import fold, write

ROUNDS = 3
DAY = 86_400_000
VIEWS = (
    ("funnel", "day = '{day}'"),
    ("paths", "day = '{day}'"),
    ("orders", "toDate(purchased_at) = '{day}'"),
    ("customer_value", ""),
    ("repeat_purchase", "day = '{day}'"),
    ("retention", ""),
    ("churn(days = 7)", ""),
    ("attribution", "toDate(purchased_at) = '{day}'"),
    ("experiment_exposures", ""),
    ("experiments", ""),
    ("survey_answers", "toDate(time) = '{day}'"),
    ("consistency(from = '{day} 00:00:00', to = '{day} 23:59:59')", ""),
    ("consistency(from = '2020-01-01 00:00:00', to = '2100-01-01 00:00:00')", ""),
    ("return_on_cx", ""),
    ("loyalty_members", ""),
    ("loyalty", ""),
    ("guidance", "day = '{day}'"),
    ("contacts", "toDate(time) = '{day}'"),
    ("support", "day = '{day}'"),
    ("active_customers", "period = 'day' AND start = '{day}'"),
)
"""View, and what an analyst asks for a day; "" where the question is about the whole."""


class Taken(NamedTuple):
    milliseconds: float
    cpu: float
    rows: int

    def __str__(self) -> str:
        return f"{self.milliseconds:7,.0f} ms {self.cpu:7,.0f} ms CPU {self.rows:9,} rows"


def load(clickhouse: LocalClickHouse, interactions: int, copies: int) -> str:
    """Fill the tables, and give a day in the middle."""
    end = int(time.time() * 1000) - 60_000
    write(server_of(clickhouse, "pipeline_writer"), fold(Shop(7, end, interactions).records(), end))
    migrator = Reader(server_of(clickhouse, "migrator"))
    text = Path(__file__).with_name("views_load.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        migrator.query(statement, {"copies": copies})
    for table in ("interactions", "touchpoints", "sessions", "journeys"):
        ((rows, parts),) = migrator.query(
            f"SELECT (SELECT count() FROM cx.{table}), count() FROM system.parts "  # noqa: S608 - constants
            f"WHERE database = 'cx_store' AND table = '{table}' AND active"
        ).rows
        print(f"  {rows:9,} {table}, in {parts} parts")
    migrator.close()
    return datetime.fromtimestamp((end - 10 * DAY) / 1000, UTC).date().isoformat()


def read(analyst: Reader, engine: psutil.Process, view: str, condition: str) -> Taken:
    where = f" WHERE {condition}" if condition else ""
    sql = f"SELECT count(), sum(cityHash64(tuple(*))) FROM cx.{view}{where}"  # noqa: S608 - constants
    best = Taken(float("inf"), 0, 0)
    for _ in range(ROUNDS):
        began, spent = time.perf_counter(), sum(engine.cpu_times()[:2])
        ((rows, _),) = analyst.query(sql).rows
        milliseconds = 1000 * (time.perf_counter() - began)
        if milliseconds < best.milliseconds:
            best = Taken(milliseconds, 1000 * (sum(engine.cpu_times()[:2]) - spent), rows)
    return best


def main(interactions: int = 100_000, copies: int = 9) -> None:
    with tempfile.TemporaryDirectory() as directory, LocalClickHouse(Path(directory)) as clickhouse:
        migrate(server_of(clickhouse, "migrator"))
        day = load(clickhouse, interactions, copies)
        analyst, engine = Reader(server_of(clickhouse, "analyst")), psutil.Process(clickhouse.pid)
        for view, condition in VIEWS:
            print(f"\n  {view.format(day=day)}")
            if condition:
                print(f"    a day   {read(analyst, engine, view, condition.format(day=day))}")
            print(f"    whole   {read(analyst, engine, view.format(day=day), '')}")
        analyst.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
