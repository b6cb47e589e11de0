"""`cxstream query`: SQL as the analyst, in the form that the reader wants."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from pipeline.cli.render import PAGE, Format, plain, write
from tests.cli.conftest import Run

pytestmark = pytest.mark.real
HOSTILE = "a\tb\nc\\d \x1b[31mred"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(
    form: Format, names: list[str], rows: list[list[object]], stream: io.StringIO | None = None
) -> str:
    stream = stream or io.StringIO()
    write(form, names, rows, stream)
    return stream.getvalue()


@pytest.mark.usefixtures("story")
def test_piped_rows_are_tab_separated_with_a_header(run: Run) -> None:
    done = run("query", "SELECT customer, outcome, value FROM journeys")
    assert done.out == "customer\toutcome\tvalue\ncustomer:42\tpurchased\t4900\n"
    assert done.code == 0


@pytest.mark.usefixtures("story")
def test_json_is_one_array_with_times_and_lists_as_json(run: Run) -> None:
    done = run("query", "-f", "json", "SELECT started, channels, ended FROM journeys")
    assert json.loads(done.out) == [
        {"started": "2026-03-01T10:13:00Z", "channels": ["web", "store", "email"], "ended": None}
    ]


@pytest.mark.usefixtures("story")
def test_parameters_are_values_and_never_sql(run: Run) -> None:
    sql = "SELECT count() AS n FROM touchpoints WHERE customer = {who:String}"
    assert run("query", sql, "-p", "who=customer:42").out == "n\n6\n"
    assert run("query", sql, "-p", "who=x' OR '1'='1").out == "n\n0\n"


@pytest.mark.usefixtures("engine")
def test_sql_can_come_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1 AS one\n"))
    assert run("query", "-").out == "one\n1\n"


def test_no_sql_at_all_is_wrong_usage(run: Run) -> None:
    done = run("query", " ")
    assert (done.code, done.out) == (2, "")
    assert "there is no SQL" in done.err


def test_a_parameter_without_a_name_is_wrong_usage(run: Run) -> None:
    done = run("query", "SELECT 1", "-p", "42")
    assert done.code == 2
    assert "--param 42: allowed is NAME=VALUE" in done.err


@pytest.mark.usefixtures("engine")
def test_what_the_engine_refuses_is_one_message(run: Run) -> None:
    for sql in ("SELECT nope FROM journeys", "DROP VIEW journeys", "SELECT * FROM cx_store.ledger"):
        done = run("query", sql)
        assert done.code == 1, sql
        assert done.out == ""
        assert done.err.startswith("cxstream: ")
        assert "Traceback" not in done.err


def test_a_server_that_is_away_is_one_message(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", "1")
    done = run("query", "SELECT 1")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert "127.0.0.1:1" in done.err


def test_csv_and_tsv_survive_any_text() -> None:
    rows: list[list[object]] = [[HOSTILE, 'نرگس, "گل"'], [None, 1.5]]
    assert list(csv.reader(io.StringIO(written("csv", ["a", "b"], rows))))[1] == [HOSTILE, 'نرگس, "گل"']
    lines = written("tsv", ["a", "b"], rows).splitlines()
    assert len(lines) == 3
    assert lines[1].split("\t")[0] == "a\\tb\\nc\\\\d \x1b[31mred"


def test_json_has_no_nan() -> None:
    assert json.loads(written("json", ["a"], [[float("nan")], [2.5]])) == [{"a": None}, {"a": 2.5}]
    assert json.loads(written("json", ["a"], [])) == []


def test_ndjson_is_an_object_a_line() -> None:
    lines = written("ndjson", ["at"], [[datetime(2026, 3, 1, tzinfo=UTC)], [None]]).splitlines()
    assert [json.loads(line) for line in lines] == [{"at": "2026-03-01T00:00:00Z"}, {"at": None}]


def test_a_table_on_a_terminal_shows_control_characters_instead_of_obeying_them() -> None:
    text = written("auto", ["name"], [[HOSTILE]], Terminal())
    assert "\x1b[31mred" not in text
    assert "�[31mred" in text
    assert plain("x\u202ey") == "x�y"


def test_an_empty_answer_still_shows_its_columns() -> None:
    assert "name" in written("table", ["name"], [])
    assert written("tsv", ["name"], []) == "name\n"


def test_rows_are_written_before_the_last_one_came() -> None:
    stream = io.StringIO()
    seen: list[int] = []

    def rows() -> object:
        for number in range(PAGE * 2):
            seen.append(stream.tell())
            yield [number]

    write("table", ["n"], rows(), stream)  # type: ignore[arg-type]  # a generator, as the store gives
    assert seen[PAGE + 1] > 0
