"""Days and times as integers, for our own clients only.

What comes in: a driver client. What goes out: the same client, which packs integers into Date, DateTime and DateTime64
columns as they are, and refuses anything else. The driver would look at each value for being a datetime, at 0.2 to
0.5 µs a value (docs/decisions/0051). Its columns are shared by all clients of the process, so they ask whose they are.
"""

from typing import Any

from clickhouse_driver import Client
from clickhouse_driver.columns.datecolumn import DateColumn
from clickhouse_driver.columns.datetimecolumn import DateTime64Column, DateTimeColumn


class _UnlessIntegers:
    """A hook that is there for everybody's columns but ours; the driver takes the quick way where there is none."""

    def __init__(self, hook: Any) -> None:
        self._hook = hook

    def __get__(self, column: Any, owner: type | None = None) -> Any:
        if column is not None and getattr(column.context, "integers", False):
            return None
        return self._hook.__get__(column, owner)


for _column in (DateColumn, DateTimeColumn, DateTime64Column):
    if not isinstance(_column.__dict__["before_write_items"], _UnlessIntegers):
        _column.before_write_items = _UnlessIntegers(_column.__dict__["before_write_items"])


def with_integers(client: Client) -> Client:
    """Let a client write integers into columns of days and times."""
    client.connection.context.integers = True
    return client
