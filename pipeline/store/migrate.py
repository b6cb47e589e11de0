"""Brings ClickHouse's tables and views up to date with the numbered files of schemas/clickhouse, and with metrics.yaml.

What comes in: the files, and what the database says was applied. What goes out: the versions applied. A file is never
edited after a release: a change is a new file.
"""

from pathlib import Path
from typing import Final, NamedTuple

from clickhouse_driver import errors
from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster
from clickhouse_migrations.exceptions import MigrationException
from clickhouse_migrations.migration import MigrationStorage

from pipeline.contract import find_schemas
from pipeline.store import catalogue
from pipeline.store.connect import Server, connection_arguments
from pipeline.store.errors import SchemaError, StoreError, explain

DATABASE: Final = "cx_store"
_DEFINER: Final = "DEFINER"
"""Placeholder in the files: the user as whom views read cx_store."""


class Difference(NamedTuple):
    """What lies between the files and the database."""

    pending: tuple[int, ...]
    edited: tuple[int, ...]
    """Applied once with another text than their files have now."""
    newer: tuple[int, ...]
    """Applied by a later release; this one has no file for them."""


def migrate(server: Server, *, files: Path | None = None) -> list[int]:
    """Apply what is pending, and give the versions that were applied; none if there was nothing to do.

    Raises:
        SchemaError: the database is newer than the files, or an applied file was edited.
        StoreError: ClickHouse cannot be reached, or refuses a statement; what came before it stays applied, and the next
            run starts again with this file.
    """
    path = files or find_schemas() / "clickhouse"
    refuse(compare(server, files=path))
    try:
        applied = _cluster(server).migrate(DATABASE, path, variables={_DEFINER: server.user})
    except (errors.Error, EOFError, OSError) as error:
        raise explain(error, "migrating", server.address) from error
    except MigrationException as error:
        raise StoreError(f"migrating: {error}") from error
    catalogue.bring(server)
    return [migration.version for migration in applied]


def compare(server: Server, *, files: Path | None = None) -> Difference:
    """Compare the database with the files; changes nothing. Raises StoreError."""
    path = files or find_schemas() / "clickhouse"
    try:
        rows = _cluster(server).status(DATABASE, path)
    except (errors.Error, EOFError, OSError) as error:
        raise explain(error, "reading which migrations were applied", server.address) from error
    states = {state: tuple(r.version for r in rows if r.state == state) for state in {r.state for r in rows}}
    return Difference(states.get("pending", ()), states.get("md5-mismatch", ()), states.get("unknown", ()))


def refuse(difference: Difference) -> None:
    """Raise SchemaError where no migration can help."""
    if difference.newer:
        raise SchemaError(
            f"the database has migrations {_list(difference.newer)} of a newer release: use that release, or a new database"
        )
    if difference.edited:
        raise SchemaError(
            f"migrations {_list(difference.edited)} were edited after they were applied: "
            "take the edit back, and put the change into a new file"
        )


def refuse_unready(server: Server) -> None:
    """Raise SchemaError if the tables are not those that this release writes, StoreError if nobody answers."""
    difference = compare(server)
    refuse(difference)
    if difference.pending:
        raise SchemaError(
            f"migrations {_list(difference.pending)} are not applied; apply them with: cxstream migrate"
        )
    if not catalogue.is_current(server):
        raise SchemaError(
            "the database's catalogue of metrics is not that of schemas/metrics.yaml; bring it up to date with: cxstream migrate"
        )


def names(files: Path | None = None) -> dict[int, str]:
    """Give the file name of each version."""
    return dict(MigrationStorage(files or find_schemas() / "clickhouse").migration_filenames())


def _cluster(server: Server) -> ClickhouseCluster:
    return ClickhouseCluster(
        db_host=server.host,
        db_port=str(server.port),
        db_user=server.user,
        db_password=server.password.reveal(),
        **connection_arguments(server),
    )


def _list(versions: tuple[int, ...]) -> str:
    return ", ".join(f"{version:04}" for version in versions)
