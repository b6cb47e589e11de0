"""`cxstream migrate` on the real engine: what it says, and its exit code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.local.clickhouse import LocalClickHouse
from pipeline.settings.values import Secret
from pipeline.store.connect import Server
from pipeline.store.migrate import names
from pipeline.store.read import Reader
from tests.cli.conftest import Run

pytestmark = pytest.mark.real


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalClickHouse]:
    """An engine without any table; settings point at it."""
    with LocalClickHouse(tmp_path / "clickhouse") as server:
        monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", str(server.native_port))
        monkeypatch.setenv("CXSTREAM_CLICKHOUSE_MIGRATOR_PASSWORD", server.passwords["migrator"])
        yield server


@pytest.fixture
def migrator(own: LocalClickHouse) -> Iterator[Reader]:
    password = Secret(own.passwords["migrator"])
    reader = Reader(Server(port=own.native_port, user="migrator", password=password))
    yield reader
    reader.close()


def test_it_applies_every_file_and_a_second_run_has_nothing_to_do(run: Run, migrator: Reader) -> None:
    files = sorted(names().values())
    for _ in range(2):  # checking changes nothing
        checked = run("migrate", "--check")
        assert checked.code == 1
        assert checked.out.splitlines() == [f"pending  {file}" for file in files]

    first = run("migrate")
    assert first.code == 0, first.err
    assert first.out.splitlines() == [
        *(f"applied  {file}" for file in files),
        "The tables and views are up to date.",
    ]
    assert migrator.query("SELECT count() FROM cx.interactions").rows == [(0,)]

    for again in (run("migrate"), run("migrate", "--check")):
        assert again == (0, "The tables and views are up to date.\n", "")


def test_tables_of_a_newer_release_are_refused_and_stay_as_they_are(run: Run, migrator: Reader) -> None:
    assert run("migrate").code == 0
    migrator.query(
        "INSERT INTO cx_store.schema_versions (version, script, md5) SELECT 9001, '9001_later.sql', 'x'"
    )
    for arguments in (("migrate",), ("migrate", "--check")):
        refused = run(*arguments)
        assert refused.code == 1
        assert refused.out == ""
        assert refused.err == (
            "cxstream: the database has migrations 9001 of a newer release: use that release, or a new database\n"
        )


def test_a_file_that_was_edited_after_it_was_applied_is_refused(run: Run, migrator: Reader) -> None:
    assert run("migrate").code == 0
    migrator.query(
        "ALTER TABLE cx_store.schema_versions UPDATE md5 = 'x' WHERE version = 2 SETTINGS mutations_sync = 1"
    )
    refused = run("migrate")
    assert refused.code == 1
    assert "migrations 0002 were edited after they were applied" in refused.err


def test_without_clickhouse_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", "1")
    refused = run("migrate")
    assert refused.code == 1
    assert "nothing listens at 127.0.0.1:1, where ClickHouse should be" in refused.err
