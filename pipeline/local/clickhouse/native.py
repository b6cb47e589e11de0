"""One client of the native protocol: from its hello to its end.

What comes in: a socket. What goes out: answers. What may be lost: an insert whose client died before it was told of
its end; of a block that was not complete nothing is ever visible.
"""

import socket
from collections.abc import Iterable
from contextlib import closing
from typing import Final

from pipeline.local.clickhouse import packets
from pipeline.local.clickhouse.access import Gate, User
from pipeline.local.clickhouse.answer import Answer
from pipeline.local.clickhouse.blocks import Block, read_block
from pipeline.local.clickhouse.engine import Engine, Session
from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.guard import check, check_native
from pipeline.local.clickhouse.insertion import insert_blocks, insert_bytes
from pipeline.local.clickhouse.packets import Asks
from pipeline.local.clickhouse.query import Query, read_query
from pipeline.local.clickhouse.statement import insert_of, statement_of
from pipeline.local.clickhouse.watch import Watch
from pipeline.local.clickhouse.wire import Inbox, ProtocolError

_UNEXPECTED_PACKET: Final = 101
_NOT_IMPLEMENTED: Final = 48
_RECEIVE_SIZE: Final = 1 << 20


class NativeClient:
    """Serves one connection."""

    def __init__(self, connection: socket.socket, engine: Engine, gate: Gate, watch: Watch) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 45 ms a query
        self._socket = connection
        self._engine = engine
        self._gate = gate
        self._watch = watch
        self._inbox = Inbox(self._receive)

    def serve(self) -> None:
        """Answer until the client leaves."""
        try:
            self._serve()
        except (EOFError, OSError):
            pass  # the client left
        except ProtocolError as error:
            self._fail(Failure(_UNEXPECTED_PACKET, str(error), "UNEXPECTED_PACKET_FROM_CLIENT"))

    def _serve(self) -> None:
        try:
            user, session = self._greet()
        except Failure as failure:
            self._fail(failure)
            return
        with closing(session):
            self._send(packets.hello(self._engine.version, self._engine.timezone))
            self._inbox.bytes()  # the addendum: a quota key
            while True:
                packet = self._inbox.varint()
                if packet == Asks.PING:
                    self._send(packets.PONG)
                elif packet == Asks.QUERY:
                    self._query(session, user)
                elif packet != Asks.CANCEL:  # a cancel that came after the end changes nothing
                    raise ProtocolError(f"unexpected packet {packet}")

    def _greet(self) -> tuple[User, Session]:
        inbox = self._inbox
        if inbox.varint() != Asks.HELLO:
            raise ProtocolError("the first packet must be a hello")
        _client = inbox.bytes(), inbox.varint(), inbox.varint()
        revision = inbox.varint()
        database, name, password = inbox.string(), inbox.string(), inbox.string()
        if revision < packets.REVISION:
            raise ProtocolError(f"revision {revision} is too old: {packets.REVISION} is needed")
        user = self._gate.admit(name, password)
        return user, self._engine.session(user, database)

    def _query(self, session: Session, user: User) -> None:
        query = read_query(self._inbox)
        external_rows = sum(block.rows for block in self._blocks(compressed=query.compressed))
        try:
            _refuse_external(external_rows)
            self._run(session, user, query)
        except Failure as failure:
            self._fail(failure)

    def _run(self, session: Session, user: User, query: Query) -> None:
        statement = statement_of(query.text)
        check(statement, user, parameters=query.parameters, settings=query.settings)
        check_native(statement, self._engine.formats)
        session.use_settings(query.settings)
        answer = Answer(self._send, compressed=query.compressed)
        insert = insert_of(statement)
        if insert is not None and not insert.rows.strip(" \t\r\n;"):
            insert_blocks(self._blocks(compressed=query.compressed), session, insert, answer)
        elif insert is not None:
            insert_bytes(insert.rows.encode(errors="surrogateescape"), session, insert)
        else:
            with self._watch.over(self._socket, session.tag) as watched:
                answer.of(statement, session, query.parameters, watched)
        self._send(packets.END_OF_STREAM)

    def _blocks(self, *, compressed: bool) -> Iterable[Block]:
        """Read blocks until the empty one that ends them. Every one must be taken."""
        while True:
            if self._inbox.varint() != Asks.DATA:
                raise ProtocolError("a block was expected")
            self._inbox.bytes()  # a table's name
            block = read_block(self._inbox.decompressed() if compressed else self._inbox)
            if not block.columns:
                return
            yield block

    def _fail(self, failure: Failure) -> None:
        self._send(packets.exception(failure))

    def _send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _receive(self) -> bytes:
        data = self._socket.recv(_RECEIVE_SIZE)
        if not data:
            raise EOFError
        return data


def _refuse_external(rows: int) -> None:
    if rows:
        raise Failure(_NOT_IMPLEMENTED, "tables that come with a query are not supported", "NOT_IMPLEMENTED")
