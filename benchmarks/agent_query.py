"""The service agent's query over a million touchpoints. Run `python -m benchmarks.agent_query [CUSTOMERS]`.

Loads a made-up shop into the real engine on this machine (20 touchpoints a customer), then looks up the last journeys of 50
customers by each kind of identifier, and says what the engine reads for one of them.
"""

import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.cli.reading import sql_of
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.settings.values import Secret
from pipeline.store.connect import Server
from pipeline.store.migrate import migrate
from pipeline.store.read import Reader

LOOKUPS = 50
KINDS = ("customer", "email", "phone", "device", "anonymous", "order", "ticket", "shipment", "cart")
PER_CUSTOMER = "SELECT * FROM cx.{view} WHERE customer = {{identifier:String}}"
VIEWS = ("journeys", "sessions", "customers", "frictions", "touchpoints")
READ = re.compile(r"ReadFromMergeTree \((.+)\)|Granules: (\d+)/(\d+)")


def server_of(clickhouse: LocalClickHouse, user: str) -> Server:
    return Server(
        port=clickhouse.native_port,
        user=user,
        password=Secret(clickhouse.passwords[user]),
        answer_timeout=600,
    )


def load(migrator: Reader, customers: int) -> None:
    text = Path(__file__).with_suffix("").with_name("agent_load.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        migrator.query(statement, {"customers": customers})


def identifiers(analyst: Reader, kind: str) -> list[str]:
    column, view = ("customer", "journeys") if kind == "customer" else ("from_identifier", "identity")
    sql = f"SELECT DISTINCT {column} FROM cx.{view} WHERE startsWith({column}, {{kind:String}})"  # noqa: S608 - constants
    found = sorted(row[0] for row in analyst.query(sql, {"kind": f"{kind}:"}).rows)
    return random.Random(1).sample(found, LOOKUPS)  # noqa: S311 - the same in each run


def look_up(analyst: Reader, sql: str, names: Sequence[str]) -> list[float]:
    taken = []
    for name in names:
        began = time.perf_counter()
        rows = analyst.query(sql, {"identifier": name, "last": 3}).rows
        taken.append(1000 * (time.perf_counter() - began))
        assert rows  # noqa: S101 - a look-up that finds nothing measures nothing
    return taken


def granules(analyst: Reader, sql: str, parameters: dict[str, Any]) -> str:
    """Give each read of a table with the granules that its indexes leave of all."""
    table, reads = "", dict[str, str]()
    for (line,) in analyst.query(f"EXPLAIN indexes = 1 {sql}", parameters).rows:
        if found := READ.search(line):
            table = found[1] or table
            if found[2]:
                reads[table.removeprefix("cx_store.")] = f"{found[2]}/{found[3]}"
    return ", ".join(f"{table} {read}" for table, read in reads.items())


def main(customers: int = 50_000) -> None:
    with tempfile.TemporaryDirectory() as directory, LocalClickHouse(Path(directory)) as clickhouse:
        migrate(server_of(clickhouse, "migrator"))
        migrator, analyst = (Reader(server_of(clickhouse, user)) for user in ("migrator", "analyst"))
        load(migrator, customers)
        counts = ", ".join(
            f"{migrator.query(f'SELECT count() FROM cx_store.{table}').rows[0][0]:,} {name}"  # noqa: S608 - constants
            for table, name in (
                ("touchpoints", "touchpoints"),
                ("journeys", "journeys"),
                ("identity", "links"),
            )
        )
        print(f"{counts}; the last 3 journeys, {LOOKUPS} look-ups for each kind of identifier\n")
        sql = sql_of("last_journeys")
        for kind in KINDS:
            names = identifiers(analyst, kind)
            look_up(analyst, sql, names[:3])
            taken = look_up(analyst, sql, names)
            p95 = statistics.quantiles(taken, n=20)[-1]
            print(f"  {statistics.median(taken):6.1f} ms median  {p95:6.1f} ms p95  {kind}")
        print("\n  granules read, of all:")
        one = {"identifier": identifiers(analyst, "customer")[0], "last": 3}
        print(f"  {granules(analyst, sql, one)}  by the query, without its recursion")
        link = "SELECT to_identifier FROM cx.identity WHERE from_identifier IN (SELECT {identifier:String})"
        print(f"  {granules(analyst, link, one)}  by a step of the recursion")
        for view in VIEWS:
            print(f"  {granules(analyst, PER_CUSTOMER.format(view=view), one)}  by cx.{view} of a customer")
        for reader in (migrator, analyst):
            reader.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
