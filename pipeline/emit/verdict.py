"""Verdicts before sending: the contract that the pipeline applies, applied by who publishes.

What comes in: a record. What goes out: nothing if it would be accepted, else a RefusedError. Personal identifiers are hashed
with a key that is thrown away: here nothing is stored.
"""

import secrets
import time

from pipeline.contract import Contract, Rules, load
from pipeline.core.interaction import Rejection
from pipeline.emit.connection import EmitError
from pipeline.settings import Settings


class RefusedError(EmitError):
    """The pipeline would reject this interaction; it was not sent."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(f"{rejection.reason} at {rejection.path}: {rejection.detail}")
        self.reason = rejection.reason
        self.path = rejection.path
        self.detail = rejection.detail


def contract_of(settings: Settings) -> Contract:
    """Give the contract under the settings' bounds, with a key of its own."""
    return load(key=secrets.token_bytes(16), rules=rules_of(settings))


def rules_of(settings: Settings) -> Rules:
    """Give the bounds of the settings in milliseconds."""
    future, horizon = settings.future_tolerance_seconds, settings.horizon_days
    return Rules(
        max_bytes=settings.max_record_bytes,
        future=None if future is None else future * 1000,
        horizon=None if horizon is None else horizon * 24 * 3600 * 1000,
    )


def now_ms() -> int:
    """Give the time by the machine's clock, in milliseconds."""
    return time.time_ns() // 1_000_000
