"""One connection, used by one thread at a time, that repeats what failed for a reason that time may cure.

What comes in: statements. What goes out: answers, or a `StoreError` once the deadline has passed. Repeating is always
right: every table keeps one row per key, whatever is written twice.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

import stamina
import structlog
from clickhouse_driver import Client
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from pipeline.store.errors import StoreError, explain, explain_theirs, is_temporary

Answer = TypeVar("Answer")

DEADLINE: Final = 60.0
"""Seconds until an operation that keeps failing is given up."""


_log = structlog.get_logger()


def _tell(details: RetryDetails) -> None:
    """Log a retry without the error's text, which may hold values."""
    error = details.caused_by
    _log.warning(
        "retry",
        error=type(error).__name__,
        code=getattr(error, "code", None),
        retry=details.retry_num,
        wait_seconds=round(details.wait_for, 2),
    )


set_on_retry_hooks([_tell])


class Session:
    """A client and its patience."""

    def __init__(
        self,
        client: Client,
        *,
        deadline: float = DEADLINE,
        may_pass: Callable[[Exception], bool] = is_temporary,
    ) -> None:
        self._client = client
        self._is_temporary = may_pass
        self._deadline = deadline
        self._stops_at = float("inf")
        self._lock = Lock()

    def run(self, operation: Callable[[Client], Answer], doing: str) -> Answer:
        """Do it with the client, again and again until the deadline. Raises StoreError."""
        try:
            with self._lock:
                for attempt in stamina.retry_context(
                    on=self._may_pass, attempts=None, timeout=self._deadline, wait_initial=0.05, wait_max=2.0
                ):
                    with attempt:
                        return operation(self._client)
        except Exception as error:
            raise self.explained(error, doing) from error
        raise AssertionError("stamina raises what the last attempt raised")

    def query(self, sql: str, parameters: dict[str, Any] | None = None, *, doing: str) -> list[Any]:
        """Give the answer's columns, each a sequence, or [] for an answer without rows. Raises StoreError."""
        return self.run(lambda client: client.execute(sql, parameters or {}, columnar=True), doing)

    def stop(self, within: float) -> None:
        """Give up what keeps failing after so many seconds from now. May be called from any thread."""
        self._stops_at = time.monotonic() + within

    def close(self) -> None:
        """Leave the server."""
        self._client.disconnect()

    def _may_pass(self, error: Exception) -> bool:
        return time.monotonic() < self._stops_at and self._is_temporary(error)

    def explained(self, error: Exception, doing: str) -> StoreError:
        """Say what failed while doing what; "" for a statement that is not ours."""
        where = "{}:{}".format(*self._client.connection.hosts[0])
        return explain(error, doing, where) if doing else explain_theirs(error, where)
