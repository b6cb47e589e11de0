"""Inserts over the native protocol: the client's blocks, each handed to the engine once it is complete.

What comes in: blocks. What goes out: rows in a table. A client that dies within a block leaves nothing of it.
"""

from collections.abc import Iterable

from pipeline.local.clickhouse.answer import Answer
from pipeline.local.clickhouse.blocks import Block
from pipeline.local.clickhouse.engine import Session
from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.layout import layout_of
from pipeline.local.clickhouse.statement import Insert


def insert_from(blocks: Iterable[Block], session: Session, insert: Insert, answer: Answer) -> None:
    """Tell the client what columns are expected, and insert what it sends. Raises Failure, ProtocolError, EOFError."""
    columns = session.columns_of_table(insert)
    for column in columns:
        layout_of(column.type)  # refuse before anything is sent what could not be read
    insertion = session.insert(insert.head)
    failure: Failure | None = None
    try:
        answer.head(columns)
        for block in blocks:
            try:
                if failure is None:
                    insertion.append(block.data)
            except Failure as error:
                failure = error  # told when the client has sent all: it does not listen before
            answer.taken()
    except BaseException:
        insertion.cancel()
        raise
    if failure is not None:
        insertion.cancel()
        raise failure
    insertion.finish()
    answer.taken()
