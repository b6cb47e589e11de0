"""The native protocol with the unmodified driver."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from pipeline.local.clickhouse import LocalClickHouse

from .clients import ask, native

pytestmark = pytest.mark.usefixtures("migrator")


@pytest.fixture
def client(clickhouse: LocalClickHouse) -> Client:
    return native(clickhouse, "migrator", compression="lz4")


def test_an_empty_answer_still_names_its_columns(client: Client) -> None:
    rows, columns = client.execute(
        "SELECT 1 AS a, 'x' AS b WHERE {n:UInt8} > 1", {"n": 0}, with_column_types=True
    )
    assert (rows, columns) == ([], [("a", "UInt8"), ("b", "String")])


@pytest.mark.parametrize(
    "query",
    [
        "SHOW TABLES FROM cx_store LIKE 'nothing'",
        "EXISTS cx_store.nothing",
        "DESCRIBE (SELECT 1)",
        "EXPLAIN SELECT 1",
    ],
)
def test_statements_that_tell_answer_with_columns(query: str, client: Client) -> None:
    _, columns = client.execute(query, with_column_types=True)
    assert columns


def test_errors_have_the_engines_code_and_text_and_the_connection_goes_on(client: Client) -> None:
    with pytest.raises(ServerException) as caught:
        client.execute("SELECT nope FROM system.one")
    assert caught.value.code == 47
    assert "Unknown expression identifier `nope`" in caught.value.message
    assert client.execute("SELECT 1") == [(1,)]


def test_an_error_in_the_middle_of_an_answer_is_told(client: Client) -> None:
    with pytest.raises(ServerException) as caught:
        client.execute("SELECT throwIf(number = 200000) FROM numbers(300000)")
    assert caught.value.code == 395


def test_settings_hold_for_one_query(client: Client) -> None:
    ask = "SELECT getSetting('max_block_size')"
    before = client.execute(ask)
    assert client.execute(ask, settings={"max_block_size": 1234}) == [(1234,)]
    assert client.execute(ask) == before


def test_a_setting_that_does_not_exist_is_named(client: Client) -> None:
    with pytest.raises(ServerException) as caught:
        client.execute("SELECT 1", settings={"no_such_setting": 1})
    assert caught.value.code == 115


def test_set_and_use_hold_for_the_connection(client: Client) -> None:
    client.execute("SET max_block_size = 77")
    client.execute("USE cx_store")
    assert client.execute("SELECT getSetting('max_block_size'), currentDatabase()") == [(77, "cx_store")]


def test_a_database_that_does_not_exist_is_an_error(clickhouse: LocalClickHouse) -> None:
    with pytest.raises(ServerException) as caught:
        native(clickhouse, database="nothing_here").execute("SELECT 1")
    assert caught.value.code == 81


def test_ping_is_answered_between_queries(client: Client) -> None:
    client.execute("SELECT 1")
    assert client.connection.ping() is True


def test_progress_of_an_answer_is_told(client: Client) -> None:
    client.execute("SELECT number FROM numbers(1000)")
    assert client.last_query.profile_info.rows == 1000


def test_totals_are_refused_rather_than_left_out(clickhouse: LocalClickHouse, client: Client) -> None:
    query = "SELECT number % 3 AS k, count() FROM numbers(30) GROUP BY k WITH TOTALS ORDER BY k"
    with pytest.raises(ServerException) as caught:
        client.execute(query)
    assert caught.value.code == 48
    assert ask(clickhouse, query).text == "0\t10\n1\t10\n2\t10\n\n0\t30\n"


def test_rows_can_stand_in_the_query(client: Client, make_table: Callable[..., str]) -> None:
    table = make_table("n UInt8, s String")
    client.execute(f"INSERT INTO {table} VALUES (1, 'a; DROP'), (1 + 1, 'it''s')")
    client.execute(f"INSERT INTO {table} (s, n) SELECT 'c', 3")
    client.execute(f'INSERT INTO {table} FORMAT JSONEachRow {{"n": 4, "s": "d"}}')
    assert client.execute(f"SELECT n, s FROM {table} ORDER BY n") == [
        (1, "a; DROP"),
        (2, "it's"),
        (3, "c"),
        (4, "d"),
    ]


def test_rows_in_the_query_are_never_a_second_statement(
    client: Client, make_table: Callable[..., str]
) -> None:
    table = make_table("n UInt8")
    with suppress(ServerException):
        client.execute(f"INSERT INTO {table} VALUES (1); DROP TABLE {table}")
    with suppress(ServerException):
        client.execute(f"INSERT INTO {table} FORMAT CSV 1\n; DROP TABLE {table}")
    assert client.execute(f"EXISTS {table}") == [(1,)]


def test_an_insert_of_no_rows_changes_nothing(client: Client, make_table: Callable[..., str]) -> None:
    table = make_table("n UInt8")
    client.execute(f"INSERT INTO {table} (n) VALUES", [])
    assert client.execute(f"SELECT count() FROM {table}") == [(0,)]


def test_defaults_fill_what_an_insert_leaves_out(client: Client, make_table: Callable[..., str]) -> None:
    table = make_table(
        "n UInt8, twice UInt8 DEFAULT n * 2, more UInt8 MATERIALIZED n + 1, xs Array(UInt8) EPHEMERAL [], length UInt64 DEFAULT length(xs)"
    )
    client.execute(f"INSERT INTO {table} (n, xs) VALUES", [(3, [1, 2])])
    client.execute(f"INSERT INTO {table} (n) SETTINGS max_threads = 1 VALUES", [(4,)])
    assert client.execute(f"SELECT n, twice, more, length FROM {table} ORDER BY n") == [
        (3, 6, 4, 2),
        (4, 8, 5, 0),
    ]


@pytest.mark.parametrize(
    ("insert", "code"), [("cx_store.nothing (n)", 60), ("{table} (nope)", 16), ("{table} (n, nope)", 16)]
)
def test_an_insert_that_cannot_work_is_refused_before_any_row(
    insert: str, code: int, client: Client, make_table: Callable[..., str]
) -> None:
    target = insert.format(table=make_table("n UInt8"))
    with pytest.raises(ServerException) as caught:
        client.execute(f"INSERT INTO {target} VALUES", [(1,)])
    assert caught.value.code == code


def test_a_constraint_that_fails_is_told_and_nothing_is_stored(
    client: Client, make_table: Callable[..., str]
) -> None:
    table = make_table("n UInt8, CONSTRAINT small CHECK n < 10")
    with pytest.raises(ServerException) as caught:
        client.execute(f"INSERT INTO {table} (n) VALUES", [(1,), (11,)])
    assert caught.value.code == 469
    assert client.execute(f"SELECT count() FROM {table}") == [(0,)]


def test_a_write_that_fails_is_told(client: Client, make_table: Callable[..., str]) -> None:
    """chdb's own streaming insert says that all is well here: decision 0010."""
    table = make_table("n UInt8, day UInt8", "MergeTree ORDER BY n PARTITION BY day")
    with pytest.raises(ServerException) as caught:
        client.execute(
            f"INSERT INTO {table} (n, day) VALUES",
            [(1, 1), (2, 2), (3, 3)],
            settings={"max_partitions_per_insert_block": 2},
        )
    assert caught.value.code == 252
    assert client.execute(f"SELECT count() FROM {table}") == [(0,)]


def test_a_deduplication_token_holds(client: Client, make_table: Callable[..., str]) -> None:
    table = make_table("n UInt8", "MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 10")
    for token in ("a", "a", "b"):
        client.execute(
            f"INSERT INTO {table} (n) VALUES",
            [(1,)],
            settings={"insert_deduplication_token": token, "insert_deduplicate": 1},
        )
    assert client.execute(f"SELECT count() FROM {table}") == [(2,)]


def test_a_cancelled_query_ends_at_once_and_the_connection_goes_on(client: Client) -> None:
    rows = client.execute_iter("SELECT number FROM system.numbers")
    for _ in range(10):
        next(rows)
    client.cancel()
    assert client.execute("SELECT 2") == [(2,)]


def test_a_query_that_has_sent_nothing_yet_can_be_cancelled(client: Client) -> None:
    began = time.monotonic()
    threading.Timer(0.3, client.connection.send_cancel).start()
    client.execute("SELECT sum(cityHash64(number)) FROM numbers(100000000000)")
    assert time.monotonic() - began < 10
    assert client.execute("SELECT 2") == [(2,)]


def test_a_client_that_hangs_up_leaves_no_query_behind(clickhouse: LocalClickHouse, client: Client) -> None:
    leaver = native(clickhouse)
    leaver.execute("SELECT 1")
    threading.Timer(0.3, leaver.disconnect).start()
    with pytest.raises((EOFError, OSError, AttributeError)):
        leaver.execute("SELECT sum(cityHash64(number, 'leaver')) FROM numbers(100000000000)")
    running = (
        "SELECT count() FROM system.processes WHERE query LIKE '%leaver%' AND query NOT LIKE '%processes%'"
    )
    deadline = time.monotonic() + 10
    while client.execute(running) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_large_answer_comes_in_blocks(client: Client) -> None:
    began = time.monotonic()
    blocks = client.execute_iter("SELECT number FROM numbers(2000000000)", chunk_size=1000)
    assert next(blocks)[0] == (0,)
    assert time.monotonic() - began < 5  # the whole would take minutes
    client.disconnect()


def test_a_million_rows_go_in_and_come_out(client: Client, make_table: Callable[..., str]) -> None:
    table = make_table("n UInt64, s String, l LowCardinality(String), a Array(UInt8)")
    numbers = list(range(1_000_000))
    columns = [
        numbers,
        [f"row {n}" for n in numbers],
        [f"l{n % 50}" for n in numbers],
        [[n % 7] for n in numbers],
    ]
    client.execute(f"INSERT INTO {table} (n, s, l, a) VALUES", columns, columnar=True)
    read = client.execute(f"SELECT n, s, l, a FROM {table} ORDER BY n", columnar=True)
    assert [list(column) for column in read] == columns


def test_twenty_clients_at_once(clickhouse: LocalClickHouse, make_table: Callable[..., str]) -> None:
    table = make_table("client UInt8, n UInt32, s String")

    def work(number: int) -> int:
        client = native(clickhouse, "pipeline_writer", compression="lz4" if number % 2 else False)
        for batch in range(5):
            rows = [(number, batch * 2000 + n, f"s{n}") for n in range(2000)]
            client.execute(f"INSERT INTO {table} (client, n, s) VALUES", rows)
        counted = client.execute(
            f"SELECT uniqExact(n) FROM {table} WHERE client = {{c:UInt8}}", {"c": number}
        )
        client.disconnect()
        return int(counted[0][0])

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(work, range(20))) == [10_000] * 20
