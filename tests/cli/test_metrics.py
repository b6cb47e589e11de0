"""`cxstream metrics`: a metric over a stretch of time, as a table, as rows or as a plot."""

import builtins
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.metric_list import DIMENSIONS, known
from pipeline.core.row import FinalityRow, WindowRow
from pipeline.store.write import Writer
from tests.cli.conftest import START, Run
from tests.store.rows import row

pytestmark = pytest.mark.real

MINUTE = START // 1000
FINAL = ("--last", "5m", "--step", "1m")


@pytest.mark.usefixtures("windows")
def test_rows_have_all_columns_of_the_view_one_for_each_window(run: Run) -> None:
    rows = json.loads(run("metrics", "nps", *FINAL, "--json").out)
    assert [row["window"] for row in rows] == [f"2026-03-01T10:{minute}:00Z" for minute in (14, 15, 16)]
    newest = {
        name: rows[-1][name] for name in ("metric", "numerator", "denominator", "n", "value", "is_final")
    }
    assert newest == {
        "metric": "nps",
        "numerator": 6000,
        "denominator": 40,
        "n": 40,
        "value": 150,
        "is_final": 0,
    }
    assert {"low", "high", "p50", "p75", "p90", "watermark", "declared", *DIMENSIONS} <= rows[0].keys()


@pytest.mark.usefixtures("windows")
def test_in_a_pipe_rows_are_tsv_and_csv_is_asked_for(run: Run) -> None:
    lines = run("metrics", *FINAL).out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["metric", "nps", "nps", "nps", "revenue"]
    rows = list(csv.DictReader(io.StringIO(run("metrics", "revenue", *FINAL, "--csv").out)))
    assert [(row["currency"], float(row["value"])) for row in rows] == [("EUR", 4900.0)]


@pytest.mark.usefixtures("windows")
def test_longer_windows_are_sums(run: Run) -> None:
    (row,) = json.loads(run("metrics", "nps", "--step", "1d", "--json").out)
    assert (row["window"], row["numerator"], row["denominator"]) == ("2026-03-01T00:00:00Z", 12_000, 120)


@pytest.mark.usefixtures("windows")
def test_the_stretch_ends_with_the_newest_window_that_has_data(run: Run) -> None:
    rows = json.loads(run("metrics", "nps", "--last", "2m", "--step", "1m", "--json").out)
    assert [row["window"][-6:-4] for row in rows] == ["15", "16"]


@pytest.fixture
def payments(engine: Writer) -> Writer:
    """Payments of two channels in two stretches of four minutes; the fourth minute of the second is not final."""
    failed = {"web": (10, 10, 10, 10, 20, None, 20, 40), "app": (30, 30, 30, 30, None, None, None, 30)}
    rows = [
        row(
            WindowRow, metric="payment_failure_rate", window=MINUTE + 60 * number, channel=channel, source=source,
            declared=f"method={channel}-money", numerator=numerator, denominator=100, n=100,
        )
        for channel, source in (("web", "shop"), ("app", "phone"))
        for number, numerator in enumerate(failed[channel])
        if numerator is not None
    ]  # fmt: skip
    engine.write("metric_windows", rows)
    engine.write("finality", [row(FinalityRow, watermark=START + 7 * 60_000)])
    return engine


def line_of(told: str, start: str) -> str:
    (line,) = [line for line in told.splitlines() if line.strip().startswith(start)]
    return line


STRETCH = ("--last", "4m", "--step", "1m")


@pytest.mark.usefixtures("payments")
def test_a_table_has_a_line_for_each_combination_with_gaps_and_what_is_not_final(run: Run) -> None:
    out = run("metrics", "payment_failure_rate", "--by", "channel", *STRETCH, "-f", "table").out
    assert "2026-03-01 10:17 to 2026-03-01 10:21 UTC" in out
    assert "watermark 2026-03-01 10:20" in out
    web, app = line_of(out, "web"), line_of(out, "app")
    assert " ".join(web.split()) == "web 40.0 % p 30.9 to 49.8 % 100 26.7 % +16.7 pp ▁ ▁┊█"
    assert app.rstrip().endswith("+0.0 pp      ┊▄"), "after the margin three gaps, then one that is not final"


@pytest.mark.usefixtures("payments")
def test_there_is_no_change_against_a_stretch_that_the_data_do_not_cover(run: Run) -> None:
    asked = ("metrics", "payment_failure_rate", "--by", "channel", "--step", "1m", "-f", "table")
    assert " pp" not in run(*asked, "--last", "5m").out
    assert " pp" in run(*asked, "--last", "4m").out


@pytest.mark.usefixtures("payments")
def test_dimensions_come_with_commas_or_again_and_a_metrics_own_are_known(run: Run) -> None:
    first = run("metrics", "payment_failure_rate", "--by", "channel,method", *STRETCH, "--json").out
    again = run(
        "metrics", "payment_failure_rate", "--by", "channel", "--by", "method", *STRETCH, "--json"
    ).out
    assert first == again
    assert {(row["channel"], row["declared"]) for row in json.loads(first)} == {
        ("web", "method=web-money"),
        ("app", "method=app-money"),
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("npc",), "there is no metric npc; did you mean nps?"),
        (("nps", "--by", "chanel"), "--by chanel: no such dimension; did you mean channel?"),
        (("nps", "--by", "method"), "--by method: no such dimension; there are channel,"),
        (
            ("nps", "--last", "6 hours"),
            "6 hours is no stretch of time: allowed is a number with s, m, h or d",
        ),
        (("nps", "--step", "90s"), "a step is whole minutes"),
        (("nps", "--last", "5m", "--step", "1h"), "--last at least a step"),
        (("--plot", "x.png"), "--plot draws one metric: name it"),
        (("nps", "--plot", "x.pdf"), "allowed are files that end in .png or .svg"),
        (("nps", "--plot", "no/x.png"), "there is no folder no"),
    ],
)
def test_what_means_nothing_is_refused_with_the_way_out(
    run: Run, arguments: tuple[str, ...], told: str
) -> None:
    done = run("metrics", *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


@pytest.mark.usefixtures("engine")
def test_a_metric_without_windows_says_so(run: Run) -> None:
    done = run("metrics", "nps")
    assert (done.code, done.err) == (1, "cxstream: no window of nps has anything in it yet\n")


def test_the_list_has_every_metric_with_its_dimensions_and_needs_no_server(run: Run) -> None:
    rows = {row["metric"]: row for row in json.loads(run("metrics", "--list", "--json").out)}
    assert list(rows) == list(known())
    assert rows["payment_failure_rate"]["dimensions"] == [*DIMENSIONS, "method"]
    assert rows["cart_abandonment"]["final_after"] == "1d"
    assert rows["nps"]["minimum_n"] == 30


@pytest.mark.usefixtures("payments")
def test_a_plot_tells_unit_meaning_zone_and_dimensions(run: Run, tmp_path: Path) -> None:
    done = run("metrics", "payment_failure_rate", "--by", "channel", *STRETCH, "--plot", "rate.svg")
    assert (done.code, done.out) == (0, "rate.svg\n")
    drawn = (tmp_path / "rate.svg").read_text()
    for text in (
        "payment_failure_rate (share, lower is better)",
        "time (UTC), windows of 1m",
        "not final yet",
        "web",
        "app",
    ):
        assert f"<!-- {text}" in drawn or text in drawn
    assert "stroke-dasharray" in drawn, "what is not final is dashed"


@pytest.mark.usefixtures("payments")
def test_a_plot_as_png_is_a_picture(run: Run, tmp_path: Path) -> None:
    assert run("metrics", "payment_failure_rate", *STRETCH, "--plot", "rate.png").code == 0
    assert (tmp_path / "rate.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_a_plot_names_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.cli.plot.find_spec", lambda _: None)
    done = run("metrics", "nps", "--plot", "x.png")
    assert done.code == 2
    assert "pip install 'cxstream[plot]'" in done.err


@pytest.mark.usefixtures("payments")
def test_matplotlib_is_imported_only_for_a_plot(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        assert not name.startswith("matplotlib")
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert run("metrics", "payment_failure_rate", *STRETCH, "-f", "table").code == 0
