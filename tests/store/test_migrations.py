"""The files of schemas/clickhouse, on the real engine."""

import shutil
from pathlib import Path

import pytest

from pipeline.contract import find_schemas
from pipeline.core.row import TABLES
from pipeline.store import migrate
from pipeline.store.connect import Server
from pipeline.store.describe import describe
from pipeline.store.errors import SchemaError
from pipeline.store.read import Reader

FILES = find_schemas() / "clickhouse"
QUERIES = Path(migrate.__file__).parent / "queries"
PAGE = find_schemas().parent / "docs" / "tables.md"
CHANGED = "the comments changed: python docs/tables_page.py"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FILES, tmp_path / "clickhouse"))


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_the_columns_of_its_row_in_order(table: str, everything: Reader) -> None:
    rows = everything.query(
        "SELECT name FROM system.columns WHERE database = 'cx_store' AND table = {table:String} ORDER BY position",
        {"table": table},
    ).rows
    assert tuple(name for (name,) in rows) == TABLES[table]._fields


def test_there_is_no_table_without_a_row(everything: Reader) -> None:
    rows = everything.query("SELECT name FROM system.tables WHERE database = 'cx_store'").rows
    assert {name for (name,) in rows} == {*TABLES, "schema_versions", "metric_catalogue"}


def test_no_column_has_a_type_that_is_dear_to_write(everything: Reader) -> None:
    rows = everything.query(
        "SELECT table, name, type FROM system.columns WHERE database = 'cx_store' AND table != 'schema_versions' "
        "AND match(type, 'UUID|Map|Decimal|Enum|Tuple')"
    ).rows
    assert rows == []


def test_every_table_keeps_one_row_per_key_and_remembers_no_blocks(everything: Reader) -> None:
    rows = everything.query(
        "SELECT name FROM system.tables WHERE database = 'cx_store' AND name != 'schema_versions' "
        "AND NOT (engine = 'ReplacingMergeTree' AND engine_full LIKE '%non_replicated_deduplication_window = 0%')"
    ).rows
    assert rows == []


def test_every_column_table_and_view_has_a_comment(everything: Reader) -> None:
    rows = everything.query(
        "SELECT database, table, name FROM system.columns WHERE database IN ('cx', 'cx_store') AND comment = '' "
        "AND table != 'schema_versions' UNION ALL SELECT database, name, '' FROM system.tables "
        "WHERE database IN ('cx', 'cx_store') AND comment = '' AND name != 'schema_versions'"
    ).rows
    assert rows == []


def test_every_view_reads_as_its_owner(everything: Reader) -> None:
    rows = everything.query(
        "SELECT name FROM system.tables WHERE database = 'cx' AND NOT create_table_query LIKE '%SQL SECURITY DEFINER%'"
    ).rows
    assert rows == []


def test_migrating_again_does_nothing(migrator: Server) -> None:
    assert migrate.migrate(migrator) == []
    assert migrate.compare(migrator) == ((), (), ())


def test_a_new_file_is_pending(migrator: Server, files: Path) -> None:
    (files / "9001_later.sql").write_text("SELECT 1;\n")
    assert migrate.compare(migrator, files=files).pending == (9001,)


def test_a_database_of_a_newer_release_is_refused(migrator: Server, files: Path) -> None:
    newest = max(files.glob("*.sql"))
    newest.unlink()
    with pytest.raises(SchemaError, match=f"{newest.name[:4]} of a newer release"):
        migrate.migrate(migrator, files=files)


def test_a_file_that_was_edited_after_it_was_applied_is_refused(migrator: Server, files: Path) -> None:
    with (files / "0002_intake.sql").open("a") as file:
        file.write("-- edited\n")
    with pytest.raises(SchemaError, match="0002 were edited after they were applied"):
        migrate.migrate(migrator, files=files)


@pytest.mark.parametrize("file", sorted(FILES.glob("*.sql")), ids=lambda file: file.stem)
def test_a_file_that_failed_halfway_can_run_again(file: Path, everything: Reader) -> None:
    for statement in _statements(file):
        everything.query(statement)


@pytest.mark.parametrize(
    "file", sorted([*FILES.glob("*.sql"), *QUERIES.glob("*.sql")]), ids=lambda file: file.stem
)
def test_the_engine_s_own_parser_accepts_the_file(file: Path, everything: Reader) -> None:
    for statement in _statements(file):
        formatted = everything.query("SELECT formatQuery({sql:String})", {"sql": statement}).rows[0][0]
        assert formatted


def test_the_page_of_tables_is_current(migrator: Server) -> None:
    assert PAGE.read_text(encoding="utf-8") == describe(migrator), CHANGED


def _statements(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8").replace("${DEFINER}", "CURRENT_USER")
    return [statement for statement in text.split(";\n") if statement.strip()]
