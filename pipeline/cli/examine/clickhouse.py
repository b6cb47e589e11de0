"""ClickHouse: reachable, each user logged in, tables as this version wants them, and what the numbers say of themselves."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from pipeline.cli.examine.address import SECONDS, unreachable
from pipeline.cli.examine.finding import Finding
from pipeline.cli.reading import reading, sql_of
from pipeline.settings import Settings
from pipeline.store.connect import server_of
from pipeline.store.errors import SchemaError, StoreError
from pipeline.store.migrate import compare, refuse
from pipeline.store.read import Reader, why_silent

_DATABASES: Final = {"writer": "cx_store", "analyst": "cx"}
_SECONDS: Final = 2.0


def clickhouse(settings: Settings) -> Iterator[Finding]:
    """Findings about the server, its users, its tables and the numbers; what rests on something wrong is left out."""
    host, port = settings.clickhouse_host, settings.clickhouse_port
    if why := unreachable(host, port):
        cure = "start it (here: cxstream up), or set clickhouse_host and clickhouse_port"
        yield Finding("clickhouse", "wrong", why, cure)
        return
    if why := why_silent(server_of(settings, "analyst"), SECONDS):
        yield Finding("clickhouse", "wrong", why, "see its log, and clickhouse_port and clickhouse_tls")
        return
    schema = _schema(settings)
    yield schema
    logins = [_login(settings, user, database) for user, database in _DATABASES.items()]
    yield from logins
    if logins[-1].verdict == "good":
        yield from _numbers(settings)


def _schema(settings: Settings) -> Finding:
    try:
        difference = compare(server_of(settings, "migrator"))
        refuse(difference)
    except SchemaError as error:
        return Finding("tables", "wrong", str(error), "use one release for the database and this command")
    except StoreError as error:
        cure = "set clickhouse_migrator_password, or have who migrates run cxstream migrate --check"
        return Finding("tables", "attention", f"cannot tell: {error}", cure)
    if difference.pending:
        return Finding(
            "tables", "wrong", f"{len(difference.pending)} migrations are pending", "cxstream migrate"
        )
    return Finding("tables", "good", "up to date")


def _login(settings: Settings, user: str, database: str) -> Finding:
    server = server_of(settings, user)
    what = f"clickhouse {user}"
    try:
        with closing(Reader(server, database=database, deadline=_SECONDS)) as reader:
            return Finding(
                what, "good", f"{server.user} at {server.host}:{server.port}, version {reader.version()}"
            )
    except SchemaError as error:
        return Finding(what, "wrong", str(error), "cxstream migrate")
    except StoreError as error:
        cure = f"set clickhouse_{user}_password; a worker needs the writer, queries the analyst"
        return Finding(what, "wrong", str(error), cure)


def _numbers(settings: Settings) -> Iterator[Finding]:
    try:
        with reading(settings) as read:
            (row,) = read(sql_of("doctor"), {}).records()
    except StoreError as error:
        yield Finding("views", "wrong", str(error), "cxstream migrate")
        return
    if row["residual"]:
        cure = "SELECT * FROM residual WHERE residual > 0 names the partitions; stop the workers and ask for help"
        yield Finding("residual", "wrong", f"{row['residual']} records were read and are nowhere", cure)
    else:
        yield Finding("residual", "good", "0: all that was read is stored or rejected")
    yield _rejections(settings, row["received"] or 0, row["rejected"] or 0)


def _rejections(settings: Settings, received: int, rejected: int) -> Finding:
    found = f"{rejected:,} of {received:,} in the newest hour"
    if rejected <= received * settings.rejection_ratio:
        return Finding("rejections", "good", found)
    cure = (
        "cxstream query 'SELECT source, reason, path, count() FROM rejections GROUP BY ALL ORDER BY 4 DESC'"
    )
    return Finding("rejections", "attention", found, cure)
