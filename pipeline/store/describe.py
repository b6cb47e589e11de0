"""Writes docs/tables.md from the comments that the database holds.

python docs/tables_page.py
"""

from collections.abc import Iterator
from typing import Final

from pipeline.store.connect import Server
from pipeline.store.queries import query
from pipeline.store.read import Reader

_INTRODUCTION: Final = """\
# Tables and views

Made from the comments in `schemas/clickhouse` by `python docs/tables_page.py`; a test holds it current.

Analysts read the views in `cx`. The pipeline writes the tables in `cx_store`, where each row replaces the one of the same key with
a smaller version. Times are UTC.
"""

_TITLES: Final = {"cx": "Views in `cx`", "cx_store": "Tables in `cx_store`"}


def describe(server: Server) -> str:
    """Give the page for the database as it is. The user must see both databases. Raises StoreError."""
    reader = Reader(server)
    try:
        tables = reader.query(query("describe")).rows
    finally:
        reader.close()
    return "\n".join(_page(tables))


def _page(tables: list[tuple[object, ...]]) -> Iterator[str]:
    yield _INTRODUCTION
    title = None
    for database, table, comment, engine, partition_key, sorting_key, columns in tables:
        if database != title:
            title = database
            yield f"## {_TITLES[str(database)]}\n"
        yield f"### {table}\n\n{comment}.\n"
        if sorting_key:
            by = f", partitioned by `{partition_key}`" if partition_key else ""
            yield f"{engine}, one row per `{sorting_key}`{by}.\n"
        yield from _columns(columns)


def _columns(columns: object) -> Iterator[str]:
    if not isinstance(columns, list) or not columns:
        return
    yield "| column | type | meaning |\n|---|---|---|"
    for _, name, kind, comment in columns:
        yield f"| `{name}` | {kind} | {comment} |"
    yield ""
