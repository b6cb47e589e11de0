"""The analyst's first hour runs as it stands over a shop's weeks in the real engine, and finds what the oracle knows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import contract
from pipeline.core.interaction import Interaction
from pipeline.core.oracle import Answer, answer
from pipeline.core.row import FinalityRow, WindowRow
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.local.demo.shop import Shop
from pipeline.meaning import meaning_of
from pipeline.settings import Secret, Settings
from pipeline.store.connect import Server
from pipeline.store.migrate import migrate
from pipeline.store.write import Writer
from tests.cli.told import archived
from tests.store.rows import row

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[1]
END = 1_772_360_000_000
"""2026-03-01 10:13 UTC."""
PLOTS = ("left", "funnel", "satisfaction", "cost", "conversion")


def accepted(interactions: int) -> list[Interaction]:
    admit = contract.load(key=b"any key will do here").admit
    told = (admit(one.value, one.headers, END) for one in Shop(7, END, interactions).records() if one.value)
    return [one for one in told if isinstance(one, Interaction)]


def window(key: Any, said: tuple[int, int, int, tuple[tuple[int, int], ...]]) -> WindowRow:
    numerator, denominator, n, histogram = said
    buckets, counts = zip(*histogram, strict=True) if histogram else ((), ())
    return WindowRow(*key[:-1], *key[-1], 0, 0, numerator, denominator, n, buckets, counts, 1)


@pytest.fixture(scope="module")
def shop() -> tuple[list[Interaction], Answer]:
    made = accepted(6000)
    return made, answer(made, meaning_of(Settings()))


@pytest.fixture(scope="module")
def environment(
    shop: tuple[list[Interaction], Answer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Say where an engine is that holds the shop's weeks."""
    made, expected = shop
    with LocalClickHouse(tmp_path_factory.mktemp("first-hour")) as clickhouse:

        def server(user: str) -> Server:
            return Server(port=clickhouse.native_port, user=user, password=Secret(clickhouse.passwords[user]))

        migrate(server("migrator"))
        writer = Writer(server("pipeline_writer"), deadline=30)
        for table in ("touchpoints", "sessions", "journeys", "frictions", "identity"):
            writer.write(table, list(getattr(expected, table)))
        writer.write("interactions", [archived(one) for one in made if one.identifiers])
        writer.write("metric_windows", [window(key, said) for key, said in expected.windows.items()])
        writer.write("finality", [row(FinalityRow, watermark=END)])
        yield os.environ | {
            "CXSTREAM_CLICKHOUSE_HTTP_PORT": str(clickhouse.http_port),
            "CXSTREAM_CLICKHOUSE_ANALYST_PASSWORD": clickhouse.passwords["analyst"],
            "MPLBACKEND": "agg",
        }


@pytest.fixture(scope="module")
def ran(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Path]:
    """Run it in an empty directory; give its findings by name, and the folder of its plots."""
    here = tmp_path_factory.mktemp("here")
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "first_hour.py", "plots"],
        cwd=here, env=environment, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return dict(line.split(": ", 1) for line in done.stdout.splitlines()), here / "plots"


def test_each_question_has_a_plot_and_a_sentence(ran: tuple[dict[str, str], Path]) -> None:
    findings, plots = ran
    assert tuple(findings) == PLOTS
    assert {plot.stem for plot in plots.glob("*.png")} == {*PLOTS}
    for plot in plots.glob("*.png"):
        assert plot.read_bytes().startswith(b"\x89PNG")
        assert plot.stat().st_size > 10_000, "an empty plot is smaller"
    assert not any("nan" in finding for finding in findings.values())


def test_who_left_is_who_the_oracle_says(
    ran: tuple[dict[str, str], Path], shop: tuple[list[Interaction], Answer]
) -> None:
    journeys = shop[1].journeys
    newest = max(journey.last_step_at for journey in journeys)
    left = [one for one in journeys if not one.order_id and one.last_step_at < newest - 7 * 86_400_000]
    assert ran[0]["left"].startswith(f"{len(left):,} of {len(journeys):,} journeys went quiet")


def test_the_conversion_is_what_the_oracle_says(
    ran: tuple[dict[str, str], Path], shop: tuple[list[Interaction], Answer]
) -> None:
    days: dict[int, list[int]] = {}
    for key, (numerator, denominator, *_) in shop[1].windows.items():
        if key[0] == "session_conversion":
            day = days.setdefault(key[1] // 86_400, [0, 0])
            day[0], day[1] = day[0] + numerator, day[1] + denominator
    shown = [day for day in days.values() if day[1] >= 30]
    mean = sum(orders for orders, _ in shown) / sum(sessions for _, sessions in shown)
    assert re.match(rf"{mean:.1%} of sessions end in an order", ran[0]["conversion"])
