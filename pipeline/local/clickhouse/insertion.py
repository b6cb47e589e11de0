"""Inserts: rows are gathered until the client has sent all, then stored by one statement.

What comes in: blocks, or bytes in some format. What goes out: rows in a table. A client that dies before its end leaves
nothing.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from pipeline.local.clickhouse.answer import Answer
from pipeline.local.clickhouse.blocks import Block, Column
from pipeline.local.clickhouse.engine import Session
from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.layout import layout_of
from pipeline.local.clickhouse.outside import refuse_names
from pipeline.local.clickhouse.rows import RowsFile
from pipeline.local.clickhouse.sql import lex, quote, quote_name
from pipeline.local.clickhouse.statement import Insert

_NO_SUCH_COLUMN: Final = 16


def insert_blocks(blocks: Iterable[Block], session: Session, insert: Insert, answer: Answer) -> None:
    """Tell the client what columns are expected, and insert what it sends. Raises Failure, ProtocolError, EOFError."""
    columns = _columns(session, insert)
    for column in columns:
        layout_of(column.type)  # refuse what could not be read before it is sent
    with RowsFile() as rows:
        answer.head(columns)
        for block in blocks:
            rows.write(block.data)
            answer.taken()
        _store(session, insert, rows, "Native")
    answer.taken()


def insert_bytes(data: bytes, session: Session, insert: Insert) -> int:
    """Insert rows in the format that the query names, and give their number. Raises Failure."""
    form = insert.format or "Values"
    if form.lower() == "values":  # which may be expressions
        refuse_names(list(lex(data.decode(errors="surrogateescape"))), {})
    with RowsFile() as rows:
        rows.write(data)
        return _store(session, insert, rows, form)


def _store(session: Session, insert: Insert, rows: RowsFile, form: str) -> int:
    if not rows.size:
        return 0
    source = f"FROM INFILE {quote(rows.path)} COMPRESSION 'none'"
    return session.write(f"{insert.head}\n{source} {insert.settings}\nFORMAT {quote_name(form)}")


def _columns(session: Session, insert: Insert) -> Sequence[Column]:
    lines = session.run(f"DESCRIBE TABLE {insert.table}", "JSONCompactEachRow").splitlines()
    described = [json.loads(line) for line in lines]
    if insert.columns is None:
        return [Column(name, kind) for name, kind, default, *_ in described if default in {"", "DEFAULT"}]
    types = {name: kind for name, kind, *_ in described}
    if unknown := [name for name in insert.columns if name not in types]:
        text = f"No such column {unknown[0]} in table {insert.table}"
        raise Failure(_NO_SUCH_COLUMN, text, "NO_SUCH_COLUMN_IN_TABLE")
    return [Column(name, types[name]) for name in insert.columns]
