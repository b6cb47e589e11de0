"""The real clients, logged in."""

import base64
import http.client
from typing import Any
from urllib.parse import urlencode

import clickhouse_connect
from clickhouse_connect.driver.client import Client as ConnectClient
from clickhouse_driver import Client

from pipeline.local.clickhouse import LocalClickHouse


def native(server: LocalClickHouse, user: str = "migrator", **options: Any) -> Client:
    """clickhouse-driver, as it is."""
    settings = {"server_side_params": True, **options.pop("settings", {})}
    password = options.pop("password", None)
    if password is None:
        password = server.passwords[user]
    port = options.pop("port", server.native_port)
    return Client("127.0.0.1", port=port, user=user, password=password, settings=settings, **options)


def connect(server: LocalClickHouse, user: str = "migrator", **options: Any) -> ConnectClient:
    """clickhouse-connect, as it is."""
    return clickhouse_connect.get_client(
        host="127.0.0.1",
        port=server.http_port,
        username=user,
        password=server.passwords[user],
        **options,
    )


class Answer:
    """What an HTTP request got."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> int:
        return int(self.headers.get("X-ClickHouse-Exception-Code", 0))


def ask(
    server: LocalClickHouse,
    body: str | bytes = "",
    *,
    login: str | None = "migrator",
    method: str = "POST",
    path: str = "/",
    headers: dict[str, str] | None = None,
    **options: str,
) -> Answer:
    """One HTTP request, as curl would send it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=30)
    logged_in = basic(login, server.passwords[login]) if login is not None else {}
    target = path + ("?" + urlencode(options) if options else "")
    connection.request(method, target, body or None, {**logged_in, **(headers or {})})
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


def basic(user: str, password: str) -> dict[str, str]:
    """Basic authorization."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
