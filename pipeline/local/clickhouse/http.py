"""HTTP: one request, one query.

What comes in: requests. What goes out: answers in the format that the query names. What may be lost: nothing that was
answered; an insert is answered after it is written.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from typing import Final

from pipeline.local.clickhouse.access import Gate
from pipeline.local.clickhouse.engine import Engine, Session
from pipeline.local.clickhouse.exchange import Exchange
from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.guard import check
from pipeline.local.clickhouse.insertion import insert_bytes
from pipeline.local.clickhouse.request import Request, encode
from pipeline.local.clickhouse.statement import Statement, format_of, insert_of, statement_of
from pipeline.local.clickhouse.watch import Watch
from pipeline.local.clickhouse.wire import frames

_STREAMED: Final = frozenset(
    [
        "csv",
        "jsoncompacteachrow",
        "jsoneachrow",
        "native",
        "rowbinary",
        "tabseparated",
        "tabseparatedraw",
        "tsv",
        "tsvraw",
    ]
)
"""Formats whose answers can be sent in pieces, since they have neither a head nor an end."""
_STATUS: Final = {
    194: 401,
    **dict.fromkeys((192, 193, 497, 516), 403),
    **dict.fromkeys((6, 26, 27, 36, 38, 41, 43, 53, 62, 69, 72, 89, 117, 456, 457), 400),
    **dict.fromkeys((46, 47, 50, 60, 73, 81, 115), 404),
}
"""HTTP's status by ClickHouse's code; 500 for the others."""
_TYPES: Final = {
    "csv": "text/csv; charset=UTF-8",
    "json": "application/json; charset=UTF-8",
    "native": "application/octet-stream",
}
_NOT_FOUND: Final = 36
_QUERY_LIMIT: Final = 1 << 20
"""Bytes in which a query must end; an insert's rows may follow."""
_TOO_LARGE: Final = 307


class HttpClient(Exchange):
    """Answers queries."""

    def __init__(self, connection: socket.socket, engine: Engine, gate: Gate, watch: Watch) -> None:
        super().__init__(connection)
        self._engine = engine
        self._gate = gate
        self._watch = watch

    def answer(self, request: Request) -> None:
        """Answer one request. Raises Failure."""
        asks = "query" in request.options or request.method == "POST"
        if request.path in {"/ping", "/replicas_status"} or (request.path == "/" and not asks):
            self.reply(200, b"Ok.\n", self._headers())
            return
        user = self._gate.admit(*request.credentials())
        if request.path != "/":
            raise Failure(_NOT_FOUND, f"there is nothing at {request.path}: ask at /")
        statement, rows = _split(request)
        check(
            statement,
            user,
            parameters=request.parameters,
            settings=request.settings,
            reads_only=request.method != "POST",
        )
        with closing(self._engine.session(user, request.database)) as session:
            session.use_settings(request.settings)
            with self._watch.over(self.connection, session.tag):
                self._run(session, request, statement, rows)

    def fail(self, failure: Failure) -> None:
        """Tell of a failure: by status and text, or in an answer that has begun, by not ending it."""
        text = f"Code: {failure.code}. {failure.text} (version {self._engine.version})\n".encode(
            errors="replace"
        )
        if self.begun:
            self.chunk(text)
            self.close_connection = True
            return
        headers = self._headers() | {"X-ClickHouse-Exception-Code": str(failure.code)}
        status = _STATUS.get(failure.code, 500)
        if status == 401:  # noqa: PLR2004 - no password was given
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse"'
        self.reply(status, text, headers)

    def _run(self, session: Session, request: Request, statement: Statement, rows: bytes) -> None:
        insert = insert_of(statement)
        if insert is not None:
            written = insert_bytes(rows, session, insert)
            self.reply(200, b"", self._headers(written=written))
            return
        form = format_of(statement, self._engine.formats) or request.default_format
        if statement.selects and form.lower() in _STREAMED and not statement.has_totals:
            with closing(session.stream(statement.text, request.parameters, form)) as chunks:
                self._send(request, form, chunks)
        else:
            self._send(request, form, iter([session.run(statement.text, form, request.parameters)]))

    def _send(self, request: Request, form: str, chunks: Iterator[bytes]) -> None:
        """Send pieces as they come. The first two are awaited, so that most errors get a status of their own."""
        head = [next(chunks, b""), next(chunks, b"")]
        pieces: Iterator[bytes] = chain(head, chunks)
        if request.options.get("compress") == "1":
            pieces = (frames(piece) for piece in pieces)
        encoding = request.encoding()
        headers = self._headers(form)
        if encoding:
            self.reply(200, encode(b"".join(pieces), encoding), headers | {"Content-Encoding": encoding})
        elif not head[1]:
            self.reply(200, b"".join(pieces), headers)
        else:
            self.reply_in_chunks(pieces, headers)

    def _headers(self, form: str = "", *, written: int = 0) -> dict[str, str]:
        counts = dict.fromkeys(
            ("read_rows", "read_bytes", "total_rows_to_read", "result_rows", "result_bytes"), "0"
        )
        return {
            "Content-Type": _TYPES.get(form.lower(), "text/plain; charset=UTF-8"),
            "X-ClickHouse-Format": form or "TabSeparated",
            "X-ClickHouse-Timezone": self._engine.timezone,
            "X-ClickHouse-Server-Display-Name": "local",
            "X-ClickHouse-Summary": json.dumps(counts | {"written_rows": str(written), "written_bytes": "0"}),
        }


def _split(request: Request) -> tuple[Statement, bytes]:
    """Give the statement, and the rows that follow it. Raises Failure."""
    body = request.content()
    if (query := request.options.get("query")) is not None:
        statement = statement_of(query)
        if statement.rows_at is not None:
            return statement, query[statement.rows_at :].encode(errors="surrogateescape") + body
        body = (
            query.encode(errors="surrogateescape") + b"\n" + body
            if body
            else query.encode(errors="surrogateescape")
        )
    text = body[:_QUERY_LIMIT].decode(errors="surrogateescape")
    statement = statement_of(text)
    if statement.rows_at is not None:
        return statement, body[len(text[: statement.rows_at].encode(errors="surrogateescape")) :]
    if len(body) > _QUERY_LIMIT:
        raise Failure(_TOO_LARGE, f"a query of more than {_QUERY_LIMIT} bytes is refused", "TOO_LARGE")
    return statement, b""
