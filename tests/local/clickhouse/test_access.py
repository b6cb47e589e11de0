"""Who may do what, and that nothing gets around it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from pipeline.local.clickhouse import LocalClickHouse
from pipeline.local.clickhouse.access import engine_environment, find_users_xml
from pipeline.local.clickhouse.outside import FUNCTIONS

from .clients import ask, basic, connect, native

pytestmark = pytest.mark.usefixtures("migrator")

USERS = ("pipeline_writer", "migrator", "analyst")
_DENIED, _READONLY, _SYNTAX = 497, 164, 62


@pytest.fixture
def view(migrator: Client, make_table: Callable[..., str]) -> Iterator[str]:
    table = make_table("k UInt8, version UInt64, gone UInt8", "ReplacingMergeTree(version, gone) ORDER BY k")
    for row in [(1, 2, 0), (1, 1, 0), (2, 1, 0), (2, 2, 1)]:
        migrator.execute(f"INSERT INTO {table} (k, version, gone) VALUES", [row])
    migrator.execute(
        f"CREATE OR REPLACE VIEW cx.try_view DEFINER = migrator SQL SECURITY DEFINER AS SELECT k, version FROM {table} FINAL"
    )
    yield "cx.try_view"
    migrator.execute("DROP VIEW cx.try_view SYNC")


def _code(client: Client, query: str) -> int:
    """The error's code; 0 for none."""
    try:
        client.execute(query)
    except ServerException as error:
        return int(error.code)
    return 0


@pytest.fixture(params=USERS)
def anyone(request: pytest.FixtureRequest, clickhouse: LocalClickHouse) -> Client:
    return native(clickhouse, request.param)


@pytest.fixture
def analyst(clickhouse: LocalClickHouse) -> Client:
    return native(clickhouse, "analyst")


@pytest.mark.parametrize(
    ("user", "password"), [("analyst", "wrong"), ("analyst", ""), ("default", ""), ("nobody", "x")]
)
def test_a_wrong_password_or_name_is_refused_at_both_doors(
    user: str, password: str, clickhouse: LocalClickHouse
) -> None:
    with pytest.raises(ServerException) as caught:
        native(clickhouse, user, password=password).execute("SELECT 1")
    assert caught.value.code == 516
    by_header = ask(
        clickhouse, "SELECT 1", login=None, headers={"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
    )
    by_basic = ask(clickhouse, "SELECT 1", login=None, headers=basic(user, password))
    by_url = ask(clickhouse, "SELECT 1", login=None, user=user, password=password)
    assert [(a.status, a.code) for a in (by_header, by_basic, by_url)] == [(403, 516)] * 3


def test_http_without_a_password_asks_for_one(clickhouse: LocalClickHouse) -> None:
    answer = ask(clickhouse, "SELECT 1", login=None)
    assert (answer.status, answer.code) == (401, 194)
    assert "Basic" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("user", USERS)
def test_a_user_has_their_role_only(user: str, clickhouse: LocalClickHouse) -> None:
    roles = native(clickhouse, user).execute("SELECT currentRoles()")
    assert roles == [(["cx_" + user.removeprefix("pipeline_")],)]


def test_the_writer_writes_and_reads_the_store_and_changes_no_table(
    clickhouse: LocalClickHouse, make_table: Callable[..., str]
) -> None:
    writer, table = native(clickhouse, "pipeline_writer"), make_table("n UInt8")
    writer.execute(f"INSERT INTO {table} (n) VALUES", [(1,)])
    assert writer.execute(f"SELECT n FROM {table}") == [(1,)]
    for query in (
        f"DROP TABLE {table}",
        f"TRUNCATE TABLE {table}",
        f"ALTER TABLE {table} DELETE WHERE 1",
        f"ALTER TABLE {table} ADD COLUMN b UInt8",
        "CREATE TABLE cx_store.mine (n UInt8) ENGINE = Memory",
        "CREATE DATABASE mine",
        f"OPTIMIZE TABLE {table} FINAL",
    ):
        assert _code(writer, query) == _DENIED, query


def test_the_analyst_reads_views_only_and_they_show_the_newest_version(view: str, analyst: Client) -> None:
    assert analyst.execute(f"SELECT k, version FROM {view}") == [(1, 2)]
    table = "cx_store.try_0"
    assert _code(analyst, f"SELECT * FROM {table}") == _DENIED
    assert _code(analyst, "SELECT * FROM merge('cx_store', '.*')") in {_DENIED, 636}
    assert _code(analyst, f"SELECT * FROM loop({table})") == _DENIED


@pytest.mark.usefixtures("view")
@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO cx.try_view VALUES (1, 1)",
        "CREATE TABLE cx.mine (n UInt8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE mine (n UInt8)",
        "CREATE VIEW cx.mine AS SELECT 1",
        "DROP VIEW cx.try_view",
        "KILL QUERY WHERE 1",
        "SYSTEM FLUSH LOGS",
        "ALTER USER analyst IDENTIFIED BY 'x'",
        "OPTIMIZE TABLE cx_store.try_0",
        "BACKUP DATABASE cx TO File('/tmp/x')",
        "SET max_execution_time = 0",
        "SET readonly = 0",
        "SET readonly = 2",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT 1 SETTINGS readonly = 0",
    ],
)
def test_the_analyst_changes_nothing_not_even_settings(query: str, analyst: Client) -> None:
    assert _code(analyst, query) in {_READONLY, _DENIED, 452}


def test_settings_of_a_subquery_lift_no_limit(analyst: Client) -> None:
    limit = "SELECT getSetting('max_rows_to_read')"
    assert analyst.execute(f"SELECT * FROM ({limit} SETTINGS max_rows_to_read = 0)") == analyst.execute(limit)
    assert (
        _code(
            analyst, "SELECT * FROM (SELECT count() FROM numbers(10000000000) SETTINGS max_rows_to_read = 0)"
        )
        == 158
    )


def test_the_analysts_limits_are_in_force(analyst: Client) -> None:
    limits = "SELECT getSetting('readonly'), getSetting('max_execution_time') > 0, getSetting('max_memory_usage') > 0"
    assert analyst.execute(limits) == [(1, 1, 1)]
    with pytest.raises(ServerException) as caught:
        analyst.execute("SELECT 1", settings={"max_execution_time": 3600})
    assert caught.value.code == _READONLY


@pytest.mark.parametrize(
    "function",
    [
        "file('/etc/passwd', 'LineAsString')",
        "url('http://127.0.0.1:1/', 'LineAsString')",
        "s3('http://127.0.0.1:1/bucket/x.tsv', 'key', 'secret', 'TSV', 'a String')",
        "remote('127.0.0.1', 'cx_store.try_0')",
        "remoteSecure('127.0.0.1', 'cx_store.try_0')",
        "mysql('127.0.0.1', 'a', 'b', 'c', 'd')",
        "executable('ls', 'TSV', 'a String')",
        "python(engine)",
        "Python (engine)",
        "`python`(engine)",
    ],
)
@pytest.mark.parametrize("user", ["analyst", "pipeline_writer"])
def test_nothing_outside_is_reached_through_table_functions(
    function: str, user: str, clickhouse: LocalClickHouse
) -> None:
    assert _code(native(clickhouse, user), f"SELECT * FROM {function}") in {_DENIED, _READONLY}
    assert ask(clickhouse, f"SELECT * FROM {function}", login=user).code in {_DENIED, _READONLY}


_READS_A_FILE = [
    "SELECT file('{}')",
    "SELECT `file`('{}')",
    "SELECT \"f\\x69le\"('{}')",
    "SELECT file /* x */ ('{}')",
    "SELECT arrayMap(file, ['{}'])",
    "SELECT * APPLY file FROM (SELECT '{}')",
    "SELECT * APPLY(file) FROM (SELECT '{}')",
    "SELECT 1 WHERE file('{}') = ''",
    "EXPLAIN SELECT file('{}')",
    "WITH (SELECT file('{}')) AS x SELECT x",
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '{}'",
    "SELECT 1 FORMAT Template SETTINGS format_template_resultset = '{}'",
    "SELECT 1 FORMAT Protobuf SETTINGS format_schema = '{}:x'",
    "INSERT INTO cx_store.try_0 VALUES (file('{}'))",
    "INSERT INTO cx_store.try_0 FORMAT Values (file('{}'))",
]


@pytest.mark.parametrize("query", _READS_A_FILE)
@pytest.mark.parametrize("user", USERS)
def test_no_file_of_the_server_is_read(
    query: str, user: str, clickhouse: LocalClickHouse, make_table: Callable[..., str], tmp_path: Path
) -> None:
    secret, table = tmp_path / "secret", make_table("s String")
    secret.write_text("the migrator's password")
    query = query.format(secret)
    answer = ask(clickhouse, query, login=user)
    assert (answer.code, "password" in answer.text) in {(_DENIED, False), (_READONLY, False)}
    assert _code(native(clickhouse, user), query) in {_DENIED, _READONLY, _SYNTAX}
    assert ask(clickhouse, f"SELECT count() FROM {table}").text == "0\n"


@pytest.mark.parametrize("user", USERS)
def test_neither_a_parameter_nor_a_setting_of_the_address_reads_a_file(
    user: str, clickhouse: LocalClickHouse, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the migrator's password")
    by_name = f"SELECT arrayMap({{f:Identifier}}, ['{secret}'])"
    for value in ("file", "`file`", "f\\x69le"):
        assert ask(clickhouse, by_name, login=user, param_f=value).code == _DENIED
    for setting in ("format_template_row", "format_template_resultset", "format_schema"):
        answer = ask(clickhouse, "SELECT 1 FORMAT Template", login=user, **{setting: str(secret)})
        assert (answer.code, "password" in answer.text) == (_DENIED, False)
        with pytest.raises(ServerException) as caught:
            native(clickhouse, user).execute("SELECT 1", settings={setting: str(secret)})
        assert caught.value.code == _DENIED


_LOOKS_OUTSIDE = re.compile(
    r"^ai[a-z]|file|cert|addressto|catboost|macro|kernel|serverport|serversetting", re.IGNORECASE
)


def test_every_function_of_the_engine_that_looks_outside_is_refused(analyst: Client) -> None:
    named = [name for (name,) in analyst.execute("SELECT name FROM system.functions")]
    outside = [name for name in named if _LOOKS_OUTSIDE.search(name) and "profile" not in name.lower()]
    assert {"file", "getServerSetting", "filesystemAvailable", "aiGenerate"} <= set(outside)
    assert {name for name in outside if name.lower() not in FUNCTIONS} == set()
    for name in outside:
        assert _code(analyst, f"SELECT {name}('x')") == _DENIED, name


@pytest.mark.parametrize(
    "query",
    [
        "SELECT path FROM system.disks",
        "SELECT path FROM `system`.`disks`",
        "SELECT value FROM system . server_settings",
        "SELECT * FROM system.processes",
        "SHOW PROCESSLIST",
        "USE system",
    ],
)
def test_an_analyst_does_not_learn_where_things_lie_nor_what_others_ask(
    query: str, clickhouse: LocalClickHouse, analyst: Client
) -> None:
    assert _code(analyst, query) == _DENIED
    assert ask(clickhouse, query, login="analyst").code == _DENIED


def test_an_analyst_reads_bare_names_of_the_views_databases_only(clickhouse: LocalClickHouse) -> None:
    assert ask(clickhouse, "SELECT path FROM disks", login="analyst", database="system").code == _DENIED
    by_name = ask(clickhouse, "SELECT * FROM {t:Identifier}", login="analyst", param_t="system.disks")
    assert by_name.code == _DENIED
    assert ask(clickhouse, "SELECT count() FROM system.columns", login="analyst").status == 200


@pytest.mark.parametrize(
    "engine", ["File('LineAsString', '/etc/passwd')", "URL('http://127.0.0.1:1/', 'CSV')"]
)
def test_no_table_lies_over_a_file_or_an_address(engine: str, migrator: Client) -> None:
    assert _code(migrator, f"CREATE TABLE cx_store.outside (s String) ENGINE = {engine}") == _DENIED


_AROUND = {
    "SELECT 1; SELECT 2": _SYNTAX,
    "SELECT 1; SET ROLE cx_migrator": _SYNTAX,
    "SET ROLE cx_migrator": _DENIED,
    "set /* x */ role all": _DENIED,
    "SET ROLE DEFAULT": _DENIED,
    "SET DEFAULT ROLE cx_migrator TO default": _DENIED,
    "EXECUTE AS migrator SELECT 1": _DENIED,
    "SELECT 1 INTO OUTFILE '/tmp/cxstream-outfile'": _DENIED,
    "SELECT 1 into -- a comment\n outfile '/tmp/cxstream-outfile'": _DENIED,
    "EXPLAIN SELECT 1 INTO OUTFILE '/tmp/cxstream-outfile'": _DENIED,
    "INSERT INTO cx_store.t FROM INFILE '/etc/passwd' FORMAT LineAsString": _DENIED,
    "SELECT 'never closed": _SYNTAX,
    "SELECT 1 /* never closed": _SYNTAX,
    "": _SYNTAX,
    " -- nothing\n": _SYNTAX,
}


@pytest.mark.parametrize("query", _AROUND)
def test_what_would_get_around_is_refused_at_both_doors(
    query: str, anyone: Client, clickhouse: LocalClickHouse
) -> None:
    assert _code(anyone, query) == _AROUND[query]
    user = anyone.connection.user
    assert ask(clickhouse, query, login=user).code == _AROUND[query]
    roles = ask(clickhouse, "SELECT currentRoles()", login=user).text
    assert roles == f"['cx_{user.removeprefix('pipeline_')}']\n"


def test_format_is_refused_on_the_native_port_only(anyone: Client, clickhouse: LocalClickHouse) -> None:
    assert _code(anyone, "SELECT 1 FORMAT JSONEachRow") == _SYNTAX
    assert (
        ask(clickhouse, "SELECT 1 AS x FORMAT JSONEachRow", login=anyone.connection.user).text == '{"x":1}\n'
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT '; SET ROLE x INTO OUTFILE FORMAT JSON' AS x",
        "SELECT 1 AS x -- ; SET ROLE cx_migrator",
        "SELECT 1 AS x /* ; INTO OUTFILE */",
        "SELECT 1 AS `SET ROLE; INTO OUTFILE 'x'`",
        "SELECT 1 AS format ORDER BY format DESC",
        "SELECT format('{}', 'JSON') AS x",
        "SELECT 'it''s; \\' SET ROLE x' AS x",
        "SELECT $$; SET ROLE x$$ AS x",
        "SELECT 1 AS x;",
        "SELECT 1 AS role, 'python(x)' AS y ; -- the end",
        "SELECT 'file(x)' AS file, t.file FROM (SELECT 1 AS file) AS t",
    ],
)
def test_a_literal_a_comment_or_a_name_with_such_words_is_not_refused(query: str, anyone: Client) -> None:
    assert len(anyone.execute(query)) == 1


def test_a_get_only_reads(clickhouse: LocalClickHouse) -> None:
    answer = ask(clickhouse, method="GET", query="CREATE TABLE cx_store.by_get (n UInt8) ENGINE = Memory")
    assert answer.code == _READONLY
    assert ask(clickhouse, method="GET", query="SELECT 1").text == "1\n"


def test_an_analyst_may_use_clickhouse_connect(view: str, clickhouse: LocalClickHouse) -> None:
    with connect(clickhouse, "analyst") as client:
        assert client.query_df(f"SELECT * FROM {view}").to_dict("list") == {"k": [1], "version": [2]}
        with pytest.raises(Exception, match=r"ACCESS_DENIED"):
            client.query("SELECT * FROM cx_store.try_0")


@pytest.mark.parametrize(("password_hash", "comes"), [(sha256(b"").hexdigest(), "in"), ("0" * 64, "out")])
def test_default_is_locked_where_its_hash_is_that_of_no_password(
    password_hash: str,
    comes: str,
    tmp_path: Path,
) -> None:
    """What a real server sets; asked of the engine itself, in a process of its own."""
    config = tmp_path / "config.xml"
    users = f"<user_directories><users_xml><path>{find_users_xml()}</path></users_xml></user_directories>"
    config.write_text(f"<clickhouse>{users}</clickhouse>", encoding="utf-8")
    program = (
        f"from chdb.state import connect; connect({str(tmp_path / 'data') + '?config-file=' + str(config)!r})"
    )
    environment = engine_environment(dict.fromkeys(USERS, "secret"))
    environment["CXSTREAM_CLICKHOUSE_DEFAULT_PASSWORD_SHA256"] = password_hash
    command = [sys.executable, "-c", program]
    run = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert run.returncode == (0 if comes == "in" else 1)
    assert ("AUTHENTICATION_FAILED" in run.stderr) is (comes == "out")
