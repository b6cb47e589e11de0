"""`cxstream query`: SQL as the analyst, in the form that the reader wants."""

import csv
import io
import json
import socket
import time
from datetime import UTC, datetime

import pytest

from pipeline.cli.render import PAGE, Format, plain, write
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.store.errors import SchemaError
from pipeline.store.read import Reader
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


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELEC", "Syntax error: failed at position 1 (SELEC)"),
        ("SELECT foo FROM journeys", "Unknown expression identifier `foo`"),
        ("SELECT * FROM nosuch", "SHOW TABLES lists the views"),
        ("SELECT * FROM nosuch.x", "Database nosuch does not exist"),
        ("SELECT nofunction(1)", "Function with name `nofunction` does not exist"),
        ("INSERT INTO journeys VALUES (1)", "only reading is allowed here"),
        ("DROP VIEW journeys", "only reading is allowed here"),
        ("SET max_threads = 1000", "only reading is allowed here"),
    ],
)
def test_a_mistake_in_the_sql_is_told_in_the_engines_words_and_blamed_on_nothing_else(
    run: Run, sql: str, told: str
) -> None:
    started = time.monotonic()
    done = run("query", sql)
    assert told in done.err
    assert len(done.err.splitlines()) == 1
    for blame in ("in time", "migrate", "Code: "):
        assert blame not in done.err
    assert time.monotonic() - started < 2  # it is not tried again


@pytest.mark.usefixtures("engine")
def test_tables_of_another_version_are_blamed_where_the_sql_is_ours(migrated: Reader) -> None:
    with pytest.raises(SchemaError, match="cxstream migrate"):
        migrated.query("SELECT not_yet FROM cx.journeys")


def test_a_server_that_hangs_is_said_to_soon(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        port = hangs.getsockname()[1]
        monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", str(port))
        started = time.monotonic()
        done = run("query", "SELECT 1")
    assert f"ClickHouse at 127.0.0.1:{port} does not answer" in done.err
    assert "cxstream doctor" in done.err
    assert time.monotonic() - started < 8


@pytest.mark.usefixtures("engine")
def test_tls_that_the_server_does_not_speak_and_a_wrong_port_are_said_as_such(
    run: Run, monkeypatch: pytest.MonkeyPatch, clickhouse: LocalClickHouse
) -> None:
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_TLS", "true")
    assert "see clickhouse_tls" in run("query", "SELECT 1").err
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_TLS", "false")
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", str(clickhouse.http_port))
    told = run("query", "SELECT 1").err
    assert f"127.0.0.1:{clickhouse.http_port} does not speak ClickHouse's native protocol" in told


def test_a_server_that_is_away_is_one_message(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", "1")
    done = run("query", "SELECT 1")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert "nothing listens at 127.0.0.1:1" in done.err
    assert "cxstream up" in done.err


def test_csv_and_tsv_survive_any_text() -> None:
    rows: list[list[object]] = [[HOSTILE, 'نرگس, "گل"'], [None, 1.5]]
    assert list(csv.reader(io.StringIO(written("csv", ["a", "b"], rows))))[1] == [HOSTILE, 'نرگس, "گل"']
    assert written("csv", ["a", "b"], [[None, ""]]) == "a,b\n\\N,\n"
    assert written("tsv", ["a", "b", "c"], [[None, "", "\\N"]]) == "a\tb\tc\n\\N\t\t\\\\N\n"
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


def test_a_table_that_a_terminal_is_too_narrow_for_has_one_field_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = [f"column_{number}" for number in range(20)]
    text = written("auto", names, [["customer:42"] * 20, [HOSTILE] * 20], Terminal())
    lines = text.splitlines()
    assert lines[:2] == ["row 1", "  column_0   customer:42"]
    assert lines[21:23] == ["row 2", "  column_0   a�b�c\\d �[31mred"]
    assert len(lines) == 42
    assert written("vertical", ["a", "long"], [[1, None]]) == "row 1\n  a     1\n  long\n"


def test_a_table_that_fits_stays_one_and_breaks_its_one_long_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = written("auto", ["reason", "text"], [["x", "word " * 40]], Terminal())
    assert "row 1" not in text
    assert text.count("word") == 40


def test_rows_are_written_before_the_last_one_came() -> None:
    stream = io.StringIO()
    seen: list[int] = []

    def rows() -> object:
        for number in range(PAGE * 2):
            seen.append(stream.tell())
            yield [number]

    write("table", ["n"], rows(), stream)  # type: ignore[arg-type]  # a generator, as the store gives
    assert seen[PAGE + 1] > 0
