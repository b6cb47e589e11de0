"""Reading metrics from the windows of a million interactions. Run `python -m benchmarks.metric_query [INTERACTIONS]`.

Loads made-up windows of 28 days into the real engine on this machine, then reads a day of one metric from cx.metrics in windows
of several lengths, by several dimensions, as `cxstream metrics` does; and says what the engine reads of the table.
"""

import re
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.agent_query import server_of
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.store.migrate import migrate
from pipeline.store.read import Reader

ROUNDS = 3
STEPS = (60, 3600, 86_400)
BYS = ([], ["channel"], ["channel", "source"], ["country"], ["campaign", "device"])
METRICS = ("session_conversion", "page_load_p75", "revenue")
DAY = """
SELECT window, channel, source, currency, country, device, campaign, value, low, high, n, is_final
FROM cx.metrics(seconds = {seconds:UInt32}, by = {by:Array(String)})
WHERE metric = {metric:String} AND window >= {first:DateTime('UTC')} AND window < {last:DateTime('UTC')}
"""
RANGE = {"first": "2026-02-27 00:00:00", "last": "2026-02-28 00:00:00"}


def load(migrator: Reader, interactions: int) -> None:
    text = Path(__file__).with_name("metric_load.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        migrator.query(statement, {"interactions": interactions})


def milliseconds(analyst: Reader, metric: str, step: int, by: list[str]) -> tuple[float, int]:
    """Give the shortest of several rounds, and the number of rows."""
    taken, rows = [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        rows = len(analyst.query(DAY, {"metric": metric, "seconds": step, "by": by, **RANGE}).rows)
        taken.append(1000 * (time.perf_counter() - began))
    assert rows  # noqa: S101 - reading nothing measures nothing
    return min(taken), rows


def granules(analyst: Reader, by: list[str]) -> str:
    """Give what indexes leave of the table's granules, for each time that it is read."""
    asked = {"metric": METRICS[0], "seconds": 300, "by": by, **RANGE}
    plan = "".join(row[0] for row in analyst.query(f"EXPLAIN indexes = 1 {DAY}", asked).rows)
    reads = [read for read in plan.split("ReadFromMergeTree (") if read.startswith("cx_store.metric_windows")]
    return ", ".join(found[1] for read in reads if (found := re.search(r"Granules: (\d+/\d+)", read)))


def main(interactions: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as directory, LocalClickHouse(Path(directory)) as clickhouse:
        migrate(server_of(clickhouse, "migrator"))
        migrator, analyst = (Reader(server_of(clickhouse, user)) for user in ("migrator", "analyst"))
        load(migrator, interactions)
        ((stored,),) = migrator.query("SELECT count() FROM cx_store.metric_windows").rows
        print(f"{stored:,} windows of 28 days; a day of one metric, best of {ROUNDS} rounds\n")
        for metric in METRICS:
            for by in BYS:
                for step in STEPS:
                    best, rows = milliseconds(analyst, metric, step, by)
                    told = f"{metric}, step {step} s, by {', '.join(by) or 'nothing'}"
                    print(f"  {best:7.1f} ms  {rows:6,} rows  {told}", flush=True)
        print()
        for by in BYS:
            print(
                f"  granules of the table read, of all, by {', '.join(by) or 'nothing'}: {granules(analyst, by)}"
            )
        for reader in (migrator, analyst):
            reader.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
