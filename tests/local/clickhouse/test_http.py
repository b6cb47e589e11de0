"""HTTP, as curl and clickhouse-connect use it."""

import gzip
import http.client
import json
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import lz4.frame
import pandas as pd
import pytest

from pipeline.local.clickhouse import LocalClickHouse

from .clients import Answer, ask, basic, connect

_ROWS = "SELECT number AS n, 'a' AS s FROM numbers(2)"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("", "0\ta\n1\ta\n"),
        ("TabSeparatedWithNames", "n\ts\n0\ta\n1\ta\n"),
        ("CSV", '0,"a"\n1,"a"\n'),
        ("CSVWithNames", '"n","s"\n0,"a"\n1,"a"\n'),
        ("JSONEachRow", '{"n":0,"s":"a"}\n{"n":1,"s":"a"}\n'),
        ("Values", "(0,'a'),(1,'a')"),
    ],
)
def test_an_answer_comes_in_the_format_that_is_named(
    form: str, text: str, clickhouse: LocalClickHouse
) -> None:
    in_query = ask(clickhouse, f"{_ROWS} FORMAT {form}" if form else _ROWS)
    assert (in_query.status, in_query.text) == (200, text)
    assert in_query.headers["X-ClickHouse-Format"] == form or not form
    assert ask(clickhouse, _ROWS, **({"default_format": form} if form else {})).text == text
    assert ask(clickhouse, _ROWS, headers={"X-ClickHouse-Format": form} if form else {}).text == text


def test_json_is_one_document(clickhouse: LocalClickHouse) -> None:
    answer = ask(clickhouse, "SELECT number FROM numbers(200000) FORMAT JSON")
    assert json.loads(answer.body)["rows"] == 200_000


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_query_may_stand_in_the_address(method: str, clickhouse: LocalClickHouse) -> None:
    assert ask(clickhouse, method=method, query="SELECT 1 + 1").text == "2\n"


def test_a_query_may_be_cut_between_address_and_body(clickhouse: LocalClickHouse) -> None:
    assert ask(clickhouse, "FROM system.one", query="SELECT 3").text == "3\n"


@pytest.mark.parametrize("path", ["/ping", "/", "/replicas_status"])
def test_a_health_check_needs_no_password(path: str, clickhouse: LocalClickHouse) -> None:
    assert ask(clickhouse, method="GET", path=path, login=None).text == "Ok.\n"


def test_the_password_may_come_in_three_ways(clickhouse: LocalClickHouse) -> None:
    password = clickhouse.passwords["analyst"]
    ways = (
        ask(clickhouse, "SELECT 1", login=None, headers=basic("analyst", password)),
        ask(
            clickhouse,
            "SELECT 1",
            login=None,
            headers={"X-ClickHouse-User": "analyst", "X-ClickHouse-Key": password},
        ),
        ask(clickhouse, "SELECT 1", login=None, user="analyst", password=password),
    )
    assert [way.text for way in ways] == ["1\n"] * 3


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("SELECT nope", 404, 47),
        ("SELEC 1", 400, 62),
        ("SELECT * FROM nothing.here", 404, 81),
        ("SELECT throwIf(1)", 500, 395),
    ],
)
def test_errors_have_a_status_the_engines_code_and_its_text(
    query: str, status: int, code: int, clickhouse: LocalClickHouse
) -> None:
    answer = ask(clickhouse, query)
    assert (answer.status, answer.code) == (status, code)
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


def test_an_error_after_rows_were_sent_breaks_the_answer(clickhouse: LocalClickHouse) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(
            clickhouse, "SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000"
        )
    assert b"Code: 395. DB::Exception" in caught.value.partial


def test_settings_come_from_the_address(clickhouse: LocalClickHouse) -> None:
    assert ask(clickhouse, "SELECT getSetting('max_block_size')", max_block_size="123").text == "123\n"
    assert ask(clickhouse, "SELECT 1", no_such_setting="1").code == 115


def test_a_database_comes_from_the_address(clickhouse: LocalClickHouse) -> None:
    assert ask(clickhouse, "SELECT currentDatabase()", database="system").text == "system\n"


@pytest.mark.parametrize(
    ("encoding", "decode"),
    [("gzip", gzip.decompress), ("deflate", zlib.decompress), ("lz4", lz4.frame.decompress)],
)
def test_answers_and_bodies_may_be_compressed(
    encoding: str, decode: Callable[[bytes], bytes], clickhouse: LocalClickHouse
) -> None:
    encoders: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "lz4": lz4.frame.compress,
    }
    headers = {"Accept-Encoding": f"{encoding}, br", "Content-Encoding": encoding}
    answer = ask(
        clickhouse,
        encoders[encoding](b"SELECT number FROM numbers(100000)"),
        headers=headers,
        enable_http_compression="1",
    )
    assert answer.headers["Content-Encoding"] == encoding
    assert decode(answer.body).count(b"\n") == 100_000


def test_a_damaged_body_is_refused(clickhouse: LocalClickHouse) -> None:
    assert ask(clickhouse, b"not gzip", headers={"Content-Encoding": "gzip"}).status == 400


@pytest.mark.parametrize(
    ("form", "rows"),
    [
        ("CSV", b'1,"a; b"\n2,"it\'s\nhere"\n'),
        ("TabSeparated", b"1\ta; b\n2\tit's\\nhere\n"),
        ("JSONEachRow", b'{"n":1,"s":"a; b"}{"n":2,"s":"it\'s\\nhere"}'),
        ("Values", b"(1,'a; b'),(2,'it''s\nhere')"),
    ],
)
def test_rows_follow_the_query_in_the_body_or_after_one_in_the_address(
    form: str, rows: bytes, clickhouse: LocalClickHouse, make_table: Callable[..., str]
) -> None:
    table = make_table("n UInt8, s String")
    insert = f"INSERT INTO {table} (n, s) FORMAT {form}"
    in_body = ask(clickhouse, insert.encode() + b"\n" + rows, login="pipeline_writer")
    in_address = ask(clickhouse, rows, login="pipeline_writer", query=insert)
    summaries = [json.loads(a.headers["X-ClickHouse-Summary"]) for a in (in_body, in_address)]
    assert [summary["written_rows"] for summary in summaries] == ["2", "2"]
    read = ask(clickhouse, f"SELECT n, s, count() FROM {table} GROUP BY ALL ORDER BY n FORMAT CSV")
    assert read.text == '1,"a; b",2\n2,"it\'s\nhere",2\n'


def test_rows_that_do_not_fit_are_refused_whole(
    clickhouse: LocalClickHouse, make_table: Callable[..., str]
) -> None:
    table = make_table("n UInt8")
    answer = ask(clickhouse, f"INSERT INTO {table} FORMAT CSV\n1\n2\nx\n")
    assert answer.status == 400
    assert ask(clickhouse, f"SELECT count() FROM {table}").text == "0\n"


def test_a_connection_serves_many_requests(clickhouse: LocalClickHouse) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", clickhouse.http_port, timeout=30)
    headers = basic("migrator", clickhouse.passwords["migrator"])
    for query in ("SELECT 1", "SELECT nope", "SELECT number FROM numbers(200000)", "SELECT 2"):
        connection.request("POST", "/", query, headers)
        answer = Answer(connection.getresponse())
    assert answer.text == "2\n"
    connection.close()


def test_what_is_no_request_does_no_harm(clickhouse: LocalClickHouse) -> None:
    assert ask(clickhouse, "SELECT 1", headers={"Content-Length": "many"}).status == 400
    assert ask(clickhouse, "SELECT 1", headers={"Authorization": "Basic ???"}, login=None).status in {
        400,
        403,
    }
    assert ask(clickhouse, "SELECT 1", path="/nothing").status == 400
    assert ask(clickhouse, "SELECT 1").text == "1\n"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_another_method_is_refused_in_plain_text(method: str, clickhouse: LocalClickHouse) -> None:
    answer = ask(clickhouse, "SELECT 1", method=method)
    assert answer.status == 501
    assert answer.text == f"Unsupported method ('{method}'): ask by GET or POST\n"


def test_what_is_no_utf_8_is_the_senders_mistake(clickhouse: LocalClickHouse) -> None:
    for answer in (
        ask(clickhouse, b"SELECT '\xff\xfe'"),
        ask(clickhouse, "SELECT {x:String}", path="/?param_x=%FF"),
    ):
        assert (answer.status, answer.code) == (400, 36)
        assert "is no UTF-8" in answer.text


def test_data_frames_go_in_and_come_out(clickhouse: LocalClickHouse, make_table: Callable[..., str]) -> None:
    table = make_table("n UInt64, s String, f Nullable(Float64), l LowCardinality(String)")
    frame = pd.DataFrame({"n": range(100_000), "s": [f"s{n}'\n" for n in range(100_000)]})
    frame["f"] = frame["n"] / 4
    frame["l"] = "same"
    with connect(clickhouse, "pipeline_writer") as client:
        client.insert_df(table, frame)
        read = client.query_df(
            f"SELECT * FROM {table} WHERE n >= {{n:UInt64}} ORDER BY n", parameters={"n": 0}
        )
    assert read.astype(object).equals(frame.astype(object))


def test_twenty_http_clients_at_once(clickhouse: LocalClickHouse) -> None:
    query = "SELECT sum(number) FROM numbers(1000000)"
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(clickhouse, query).text, range(60)))
    assert answers == ["499999500000\n"] * 60


def test_a_client_that_hangs_up_leaves_no_query_behind(clickhouse: LocalClickHouse) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", clickhouse.http_port)
    headers = basic("migrator", clickhouse.passwords["migrator"])
    connection.request(
        "POST", "/", "SELECT sum(cityHash64(number, 'hangs up')) FROM numbers(100000000000)", headers
    )
    threading.Event().wait(0.3)
    connection.close()
    running = (
        "SELECT count() FROM system.processes WHERE query LIKE '%hangs up%' AND query NOT LIKE '%processes%'"
    )
    deadline = time.monotonic() + 10
    while (found := ask(clickhouse, running).text) != "0\n":
        assert time.monotonic() < deadline, found
        threading.Event().wait(0.05)
