"""The ClickHouse engine within this process, and sessions of it that have one user's rights.

What comes in: a data directory and users.xml. What goes out: sessions that run statements and give Native bytes.
One process may have a data directory open; a session belongs to one thread at a time, apart from its `kill`.
"""

import json
import re
from collections.abc import Generator, Mapping
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

from chdb.state import connect

from pipeline.local.clickhouse.access import User
from pipeline.local.clickhouse.blocks import Column
from pipeline.local.clickhouse.failure import Failure, failure_of
from pipeline.local.clickhouse.outside import refuse_database
from pipeline.local.clickhouse.sql import quote, quote_name

_UNKNOWN_SETTING: Final = 115
_NAME: Final = re.compile(r"\w+")
_CONFIG: Final = """<clickhouse>
  <user_directories><users_xml><path>{users}</path></users_xml></user_directories>
</clickhouse>
"""


class Engine:
    """The engine of one data directory; open from the first session to `close`."""

    def __init__(self, directory: Path, users_xml: Path) -> None:
        config = directory / "config.xml"
        config.write_text(_CONFIG.format(users=users_xml), encoding="utf-8")
        self._address = f"{directory / 'data'}?config-file={config}"
        self._root = connect(self._address)
        self.version: str = _text(self._root.query("SELECT version()", "TSVRaw"))
        self.timezone: str = _text(self._root.query("SELECT timezone()", "TSVRaw"))
        self._numbers = count(1)
        formats = _text(self._root.query("SELECT lower(name) FROM system.formats", "TSVRaw"))
        self.formats = frozenset(formats.split("\n"))

    def session(self, user: User, database: str) -> "Session":
        """Open a session with a user's rights. Raises Failure."""
        if user.read_only:
            refuse_database(database)
        return Session(connect(self._address), user, database, tag=f"cxstream-{next(self._numbers)}")

    def kill(self, tag: str) -> None:
        """End what the session with this tag runs."""
        with closing(connect(self._address)) as connection:
            connection.query(f"KILL QUERY WHERE Settings['log_comment'] = {quote(tag)} ASYNC", "Null")

    def close(self) -> None:
        """Close the engine; call it after the sessions."""
        self._root.close()


class Session:
    """One connection to the engine, with one user's roles and profile."""

    def __init__(self, connection: Any, user: User, database: str, *, tag: str) -> None:
        self._connection = connection
        self.tag = tag
        """By which its queries can be killed."""
        self._profile = dict(user.settings)
        self._set: dict[str, str] = {}
        try:
            if database:
                self.run(f"USE {quote_name(database)}")
            self.run("SET ROLE " + ", ".join(quote_name(role) for role in user.roles))
            self._assign({"log_comment": tag})
            # readonly comes last: nothing may be set after it
            for name in sorted(self._profile, key=lambda name: name == "readonly"):
                self._assign({name: self._profile[name]})
        except Failure:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        with suppress(Exception):
            self._connection.close()

    def use_settings(self, settings: Mapping[str, str]) -> None:
        """Set what the next query asked for, and take back what an earlier one did. Raises Failure."""
        wanted = dict(settings)
        if wanted == self._set:
            return
        stale = {name: self._profile.get(name) for name in self._set if name not in wanted}
        self._set = {}
        if stale:
            self.run(
                "SET "
                + ", ".join(
                    f"{name} = {quote(value) if value is not None else 'DEFAULT'}"
                    for name, value in stale.items()
                )
            )
        self._assign(wanted)
        self._set = wanted

    def _assign(self, settings: Mapping[str, str]) -> None:
        if settings:
            self.run(
                "SET " + ", ".join(f"{_setting(name)} = {quote(value)}" for name, value in settings.items())
            )

    def run(self, query: str, form: str = "Native", parameters: Mapping[str, str] | None = None) -> bytes:
        """Run a statement, and give its whole answer. Raises Failure."""
        answer: bytes = self._query(query, form, parameters or {}).bytes()
        return answer

    def write(self, query: str) -> int:
        """Run an INSERT, and give the number of rows written. Raises Failure."""
        return int(self._query(query, "Null", {}).rows_written())

    def _query(self, query: str, form: str, parameters: Mapping[str, str]) -> Any:
        try:
            return self._connection.query(query, form, params=dict(parameters))
        except Exception as error:  # noqa: BLE001 - the engine raises several
            raise failure_of(error) from None

    def stream(self, query: str, parameters: Mapping[str, str], form: str = "Native") -> Generator[bytes]:
        """Run a SELECT, and give its answer chunk by chunk; what is not taken is cancelled. Raises Failure."""
        try:
            answer = self._connection.send_query(query, form, params=dict(parameters))
            try:
                for chunk in answer:
                    yield chunk.bytes()
            finally:
                with suppress(Exception):
                    answer.cancel()
        except Failure:
            raise
        except Exception as error:  # noqa: BLE001 - the engine raises several
            raise failure_of(error) from None

    def columns_of(self, query: str, parameters: Mapping[str, str] | None = None) -> list[Column]:
        """Give the columns that a SELECT would answer with. Raises Failure."""
        answer = self.run(f"DESCRIBE ({query}\n)", "JSONCompactEachRow", parameters)
        return [Column(row[0], row[1]) for row in map(json.loads, answer.splitlines())]

    def columns_of_answer(self, query: str, parameters: Mapping[str, str]) -> list[Column]:
        """Give the columns of what SHOW and the like answer with, by running it again. Raises Failure."""
        lines = self.run(query, "JSONCompactEachRowWithNamesAndTypes", parameters).splitlines()
        if len(lines) < 2:  # noqa: PLR2004 - names, and types
            return []
        return [Column(name, kind) for name, kind in zip(*map(json.loads, lines[:2]), strict=True)]


def _setting(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Failure(_UNKNOWN_SETTING, f"Unknown setting {name!r}", "UNKNOWN_SETTING")
    return name


def _text(answer: Any) -> str:
    return str(answer.bytes().decode()).rstrip("\n")
