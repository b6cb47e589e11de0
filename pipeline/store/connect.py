"""A connection to ClickHouse with the settings that exactness rests on.

What comes in: where the server is and who asks. What goes out: a driver client, unconnected until its first query.
A client belongs to one thread at a time.
"""

from typing import Any, Final

import msgspec
from clickhouse_driver import Client

from pipeline.settings import Settings
from pipeline.settings.values import Secret
from pipeline.store.integers import with_integers

_SERVER_SETTINGS: Final = {
    "async_insert": 0,  # on by default since 26.9; an acknowledged batch must be in the table
    "insert_deduplicate": 0,  # it drops rows that were deleted and come again (decision 0050)
    "max_partitions_per_insert_block": 0,  # wild clocks of senders must not stop a batch
}


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where ClickHouse's native protocol is, and who asks."""

    host: str = "127.0.0.1"
    port: int = 9000
    user: str = "default"
    password: Secret = Secret("")
    secure: bool = False
    ca_file: str | None = None
    connect_timeout: float = 5.0
    """Seconds to wait for a connection."""
    answer_timeout: float = 60.0
    """Seconds to wait for the next packet of an answer."""

    @property
    def address(self) -> str:
        """Give its place for people."""
        return f"{self.host}:{self.port}"


def server_of(settings: Settings, user: str) -> Server:
    """Give the server that the settings name, for the "writer", "migrator" or "analyst"."""
    return Server(
        host=settings.clickhouse_host,
        port=settings.clickhouse_port,
        user=getattr(settings, f"clickhouse_{user}_user"),
        password=getattr(settings, f"clickhouse_{user}_password"),
        secure=settings.clickhouse_tls,
        ca_file=str(settings.clickhouse_tls_ca_file) if settings.clickhouse_tls_ca_file else None,
    )


def connection_arguments(server: Server) -> dict[str, Any]:
    """Give the driver's arguments for the transport, without user and database."""
    arguments: dict[str, Any] = {
        "secure": server.secure,
        "connect_timeout": server.connect_timeout,
        "send_receive_timeout": server.answer_timeout,
        "sync_request_timeout": server.connect_timeout,
        "client_name": "cxstream",
        "tcp_keepalive": True,
    }
    if server.ca_file is not None:
        arguments["ca_certs"] = server.ca_file
    return arguments


def connect(
    server: Server, *, database: str = "cx_store", writes: bool = False, as_bytes: bool = False
) -> Client:
    """Make a client.

    One that `writes` gets the settings that inserts need (a read-only user may set none). One that reads `as_bytes`
    gives strings as bytes: messages are no text.
    """
    client = Client(
        server.host,
        port=server.port,
        user=server.user,
        password=server.password.reveal(),
        database=database,
        compression="lz4",
        settings={
            "server_side_params": True,
            "strings_as_bytes": as_bytes,
            **(_SERVER_SETTINGS if writes else {}),
        },
        **connection_arguments(server),
    )
    return with_integers(client) if writes else client
