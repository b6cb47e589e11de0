"""One client of the native protocol, revision 54459: from its hello to its end.

What comes in: a socket. What goes out: answers. What may be lost: an insert whose client died before it was told of
its end; of a block that was not complete nothing is visible.
"""

import socket
import struct
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Final

from pipeline.local.clickhouse.access import Gate
from pipeline.local.clickhouse.blocks import Block, Column, engine_blocks, header, read_block
from pipeline.local.clickhouse.engine import Engine, Insertion, Session
from pipeline.local.clickhouse.failure import Failure, failure_of
from pipeline.local.clickhouse.guard import check
from pipeline.local.clickhouse.query import Query, read_query
from pipeline.local.clickhouse.statement import Insert, Statement, insert_of, statement_of
from pipeline.local.clickhouse.wire import Inbox, ProtocolError, frames, string, varint

REVISION: Final = 54459
_HELLO, _QUERY, _DATA, _CANCEL, _PING = 0, 1, 2, 3, 4
_SAYS_HELLO, _SAYS_DATA, _SAYS_EXCEPTION, _SAYS_PONG, _SAYS_END, _SAYS_EVENTS = 0, 1, 2, 4, 5, 14
_BLOCK_INFO: Final = varint(1) + b"\0" + varint(2) + struct.pack("<i", -1) + varint(0)
_NO_EVENTS: Final = varint(_SAYS_EVENTS) + string("") + _BLOCK_INFO + varint(0) + varint(0)
"""The driver waits for the events of an insert after each block."""
_UNEXPECTED_PACKET: Final = 101
_RECEIVE_SIZE: Final = 1 << 20


class NativeClient:
    """Serves one connection."""

    def __init__(self, connection: socket.socket, engine: Engine, gate: Gate) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._engine = engine
        self._gate = gate
        self._inbox = Inbox(self._receive)
        self._compressed = False

    def serve(self) -> None:
        """Answer until the client leaves."""
        try:
            session = self._greet()
            if session is not None:
                with closing(session):
                    self._serve(session)
        except (EOFError, OSError):
            pass  # the client left
        except ProtocolError as error:
            self._fail(Failure(_UNEXPECTED_PACKET, str(error), "UNEXPECTED_PACKET_FROM_CLIENT"))

    def _serve(self, session: Session) -> None:
        while True:
            packet = self._inbox.varint()
            if packet == _PING:
                self._send(varint(_SAYS_PONG))
            elif packet == _QUERY:
                self._query(session)
            elif packet != _CANCEL:  # a cancel that came after the end changes nothing
                raise ProtocolError(f"unexpected packet {packet}")

    def _greet(self) -> Session | None:
        inbox = self._inbox
        if inbox.varint() != _HELLO:
            raise ProtocolError("the first packet must be a hello")
        inbox.bytes(), inbox.varint(), inbox.varint()  # noqa: B018 - the client's name and version
        revision = inbox.varint()
        database, name, password = inbox.string(), inbox.string(), inbox.string()
        try:
            if revision < REVISION:
                raise Failure(_UNEXPECTED_PACKET, f"revision {revision} is too old: {REVISION} is needed")
            user = self._gate.admit(name, password)
            session = self._engine.session(user, database)
        except Failure as failure:
            self._fail(failure)
            return None
        self._user = user
        major, minor, patch, *_ = map(int, self._engine.version.split("."))
        self._send(
            varint(_SAYS_HELLO)
            + string("ClickHouse")
            + varint(major)
            + varint(minor)
            + varint(REVISION)
            + string(self._engine.timezone)
            + string("local")
            + varint(patch)
        )
        inbox.bytes()  # the addendum: a quota key
        return session

    def _query(self, session: Session) -> None:
        query = read_query(self._inbox)
        self._compressed = query.compressed
        self._skip_tables()
        try:
            statement = statement_of(query.text)
            check(statement, self._user, formats=self._engine.formats)
            session.use_settings(query.settings)
            self._run(session, statement, query)
        except Failure as failure:
            self._fail(failure)

    def _skip_tables(self) -> None:
        """Tables that come with a query are not supported; an empty block ends them."""
        while True:
            if self._inbox.varint() != _DATA:
                raise ProtocolError("a block was expected after the query")
            self._inbox.bytes()
            if not self._block().columns:
                return

    def _run(self, session: Session, statement: Statement, query: Query) -> None:
        insert = insert_of(statement)
        if insert is not None and not statement.query[insert.data_at :].strip(" \t\r\n;"):
            self._insert(session, insert)
            return
        if statement.streams:
            self._select(session, statement, query.parameters)
        elif statement.tells:
            blocks = list(engine_blocks(session.run(statement.text, parameters=query.parameters)))
            columns = (
                blocks[0].columns if blocks else session.columns_of_answer(statement.text, query.parameters)
            )
            self._answer(columns, blocks)
        else:
            session.run(statement.text, parameters=query.parameters)
        self._send(varint(_SAYS_END))

    def _select(self, session: Session, statement: Statement, parameters: Mapping[str, str]) -> None:
        columns: Iterable[Column] | None = None
        with closing(session.stream(statement.text, parameters)) as chunks:
            for chunk in chunks:
                for block in engine_blocks(chunk):
                    if columns is None:
                        columns = block.columns
                        self._data(header(columns))
                    self._data(block.data)
        if columns is None:
            self._data(header(session.columns_of(statement.text, parameters)))

    def _answer(self, columns: Iterable[Column], blocks: Iterable[Block]) -> None:
        self._data(header(columns))
        for block in blocks:
            self._data(block.data)

    def _insert(self, session: Session, insert: Insert) -> None:
        columns = session.columns_of_table(insert)
        insertion = session.insert(insert.head)
        try:
            self._data(header(columns))
            self._receive_rows(insertion)
        except BaseException:
            insertion.cancel()
            raise
        insertion.finish()
        self._send(_NO_EVENTS + varint(_SAYS_END))

    def _receive_rows(self, insertion: Insertion) -> None:
        failure: Failure | None = None
        while True:
            if self._inbox.varint() != _DATA:
                raise ProtocolError("a block was expected")
            self._inbox.bytes()
            block = self._block()
            if not block.columns:
                break
            if failure is None:
                try:
                    insertion.append(block.data)
                except Failure as error:
                    failure = error
            self._send(_NO_EVENTS)
        if failure is not None:
            raise failure

    def _block(self) -> Block:
        return read_block(self._inbox.decompressed() if self._compressed else self._inbox)

    def _data(self, block: bytes) -> None:
        data = _BLOCK_INFO + block
        self._send(varint(_SAYS_DATA) + string("") + (frames(data) if self._compressed else data))

    def _fail(self, failure: Failure) -> None:
        self._send(
            varint(_SAYS_EXCEPTION)
            + struct.pack("<i", failure.code)
            + string("DB::Exception")
            + string(failure.text)
            + string("")
            + b"\0"
        )

    def _send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _receive(self) -> bytes:
        data = self._socket.recv(_RECEIVE_SIZE)
        if not data:
            raise EOFError
        return data
