"""An HTTP request as a query: who asks, what, with which settings, parameters and rows.

What comes in: method, address, headers and body. What goes out: a Request. Names are those of ClickHouse's HTTP interface.
"""

import base64
import gzip
import zlib
from collections.abc import Mapping
from email.message import Message
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import lz4.frame

from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.wire import Inbox, ProtocolError

_TRANSPORT: Final = frozenset(
    [
        "add_http_cors_header",
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "http_zlib_compression_level",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "stacktrace",
        "user",
        "wait_end_of_query",
    ]
)
"""Names that speak to the door, not to the engine."""
_DECODERS: Final = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": lz4.frame.decompress,
}
_ENCODERS: Final = {
    "lz4": lz4.frame.compress,
    "gzip": lambda data: gzip.compress(data, compresslevel=1),
    "deflate": lambda data: zlib.compress(data, level=1),
}
_BAD_ARGUMENTS: Final = 36
_UNKNOWN_COMPRESSION: Final = 89
_REQUIRED_PASSWORD: Final = 194


class Request(NamedTuple):
    """One request."""

    method: str
    path: str
    options: Mapping[str, str]
    """What stands after the question mark."""
    headers: Message
    body: bytes

    @property
    def settings(self) -> dict[str, str]:
        """Settings for the engine."""
        return {
            name: value
            for name, value in self.options.items()
            if name not in _TRANSPORT and not name.startswith("param_")
        }

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters, escaped as in a tab-separated file."""
        return {name[6:]: value for name, value in self.options.items() if name.startswith("param_")}

    @property
    def database(self) -> str:
        """The database that bare table names mean."""
        return self.options.get("database") or str(self.headers.get("X-ClickHouse-Database", ""))

    @property
    def default_format(self) -> str:
        """The format of an answer whose query names none."""
        return self.headers.get("X-ClickHouse-Format") or self.options.get("default_format") or "TabSeparated"

    def credentials(self) -> tuple[str, str]:
        """Give user and password, from whichever of the three ways is used. Raises Failure."""
        authorization = self.headers.get("Authorization", "")
        if authorization.startswith("Basic "):
            return _basic(authorization)
        if "X-ClickHouse-User" in self.headers:
            return str(self.headers["X-ClickHouse-User"]), self.headers.get("X-ClickHouse-Key", "")
        if "user" in self.options:
            return self.options["user"], self.options.get("password", "")
        raise Failure(_REQUIRED_PASSWORD, "a user and a password are needed", "REQUIRED_PASSWORD")

    def content(self) -> bytes:
        """Give the body, decompressed. Raises Failure."""
        encoding = self.headers.get("Content-Encoding", "").lower()
        try:
            body = _DECODERS[encoding](self.body) if encoding and encoding != "identity" else self.body
            return _unframe(body) if self.options.get("decompress") == "1" and body else body
        except KeyError:
            raise Failure(_UNKNOWN_COMPRESSION, f"body in {encoding}: use gzip, deflate or lz4") from None
        except (OSError, RuntimeError, ProtocolError, zlib.error, EOFError) as error:
            raise Failure(_UNKNOWN_COMPRESSION, f"the body cannot be decompressed: {error}") from None

    def encoding(self) -> str:
        """Give the compression for the answer that the client likes best; "" for none."""
        if self.options.get("enable_http_compression") not in {"1", "true"}:
            return ""
        accepted = [
            part.partition(";")[0].strip() for part in self.headers.get("Accept-Encoding", "").split(",")
        ]
        return next((name for name in accepted if name in _ENCODERS), "")


def request_of(method: str, target: str, headers: Message, body: bytes) -> Request:
    """Make a request of its parts."""
    parts = urlsplit(target)
    options = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
    return Request(method, parts.path, dict(options), headers, body)


def encode(data: bytes, encoding: str) -> bytes:
    """Compress an answer."""
    return _ENCODERS[encoding](data) if encoding else data


def _basic(authorization: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
    except ValueError:
        raise Failure(_BAD_ARGUMENTS, "the Authorization header is no Basic authorization") from None
    return name, password


def _unframe(body: bytes) -> bytes:
    """Read ClickHouse's own compressed frames."""
    inbox = Inbox(_end)
    inbox.data = body
    frames = inbox.decompressed()
    parts = []
    while inbox.at < len(inbox.data):
        parts.append(frames.more())
    return b"".join(parts)


def _end() -> bytes:
    raise EOFError("the last frame is cut")
