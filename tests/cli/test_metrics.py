"""`cxstream metrics`: the latest windows with what they are made of."""

import json

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.real


@pytest.mark.usefixtures("windows")
def test_windows_show_numerator_denominator_n_value_and_whether_final(run: Run) -> None:
    done = run("metrics", "nps", "--every", "minute", "--format", "json")
    rows = json.loads(done.out)
    assert [row["started"] for row in rows] == [f"2026-03-01T10:{minute}:00Z" for minute in (16, 15, 14)]
    newest = {
        name: rows[0][name] for name in ("metric", "numerator", "denominator", "n", "value", "is_final")
    }
    assert newest == {
        "metric": "nps",
        "numerator": 6000,
        "denominator": 40,
        "n": 40,
        "value": 150,
        "is_final": 0,
    }


@pytest.mark.usefixtures("windows")
def test_without_a_name_each_metric_has_its_latest(run: Run) -> None:
    lines = run("metrics", "--every", "minute", "--last", "2").out.splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == ["nps", "nps", "revenue"]


@pytest.mark.usefixtures("windows")
def test_longer_windows_are_sums(run: Run) -> None:
    (row,) = json.loads(run("metrics", "nps", "--every", "day", "--format", "json").out)
    assert (row["started"], row["numerator"], row["denominator"]) == ("2026-03-01T00:00:00Z", 12_000, 120)


@pytest.mark.usefixtures("windows")
def test_an_unknown_metric_names_those_that_exist(run: Run) -> None:
    done = run("metrics", "npc")
    assert done.code == 2
    assert "there is no metric npc; there are " in done.err
    assert "nps" in done.err
