"""Values go in as parameters, whatever they hold."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.local.clickhouse import LocalClickHouse

from .clients import ask, connect, native

_NASTY = [
    "",
    "'",
    "''",
    "\\",
    "\\'",
    "\\n",
    "a\nb\r\tc",
    "\0\b\f\v\a",
    "\\N",
    "NULL",
    "{x:String}",
    "'; DROP TABLE t; --",
    "/* -- #",
    '`"',
    "٣ سلام สวัสดี 🛒",
]


@pytest.mark.parametrize("value", _NASTY)
def test_the_driver_gets_back_what_it_sent(value: str, clickhouse: LocalClickHouse) -> None:
    client = native(clickhouse, "pipeline_writer")
    assert client.execute("SELECT {x:String}, length({x:String})", {"x": value}) == [
        (value, len(value.encode()))
    ]
    assert client.execute("SELECT {x:Array(String)}", {"x": [value, value]}) == [([value, value],)]
    client.disconnect()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives(value: str, client: Any) -> None:
    assert client.execute("SELECT {x:String}", {"x": value}) == [(value,)]


@pytest.fixture(scope="module")
def client(clickhouse: LocalClickHouse) -> Any:
    return native(clickhouse, "pipeline_writer")


@pytest.mark.parametrize("value", _NASTY)
def test_clickhouse_connect_gets_back_what_it_sent(value: str, clickhouse: LocalClickHouse) -> None:
    with connect(clickhouse, "pipeline_writer") as client:
        rows = client.query("SELECT {x:String} AS x", parameters={"x": value}).result_rows
    assert rows == [(value,)]


def test_a_url_gives_parameters_escaped_as_in_tsv(clickhouse: LocalClickHouse) -> None:
    answer = ask(
        clickhouse,
        "SELECT {x:String}, {n:UInt8} + 1 FORMAT JSONCompactEachRow",
        param_x="a\\nb'c\\\\",
        param_n="4",
    )
    assert answer.text == '["a\\nb\'c\\\\", 5]\n'


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("UInt64", 2**64 - 1),
        ("Float64", -0.5),
        ("Array(UInt64)", [1, 2]),
        ("Nullable(String)", "a'b"),
        ("Tuple(String, UInt8)", ("a'b", 3)),
    ],
)
def test_parameters_have_types(kind: str, value: object, clickhouse: LocalClickHouse) -> None:
    client = native(clickhouse, "pipeline_writer")
    assert client.execute(f"SELECT {{x:{kind}}}", {"x": value}) == [(value,)]
    client.disconnect()


def test_a_parameter_that_is_missing_is_an_error_of_the_engine(clickhouse: LocalClickHouse) -> None:
    client = native(clickhouse, "pipeline_writer")
    with pytest.raises(Exception, match=r"Code: 456\."):
        client.execute("SELECT {x:String}", {"y": "1"})
    client.disconnect()
