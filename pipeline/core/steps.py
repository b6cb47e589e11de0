"""Admission on one screen: the steps from a record's bytes to an interaction. Open this file first.

What comes in: the bytes of one record, its headers, and when the broker received it. What goes out: an
Interaction, or a Rejection with the first reason that applies: one or the other, never an exception.
This says what admission means. Nearly all records are sound and take shortcut.py instead, which gives the same, and what it
does not take comes here.
"""

from collections.abc import Callable
from typing import Final

from pipeline.core.checks import (
    decode_envelope,
    drop_future,
    drop_too_large,
    drop_too_old,
    drop_without_consent,
    put_identifiers,
    put_json,
    put_schema,
    put_times,
    validate_data,
)
from pipeline.core.draft import Draft, Terms
from pipeline.core.interaction import Interaction, Rejection
from pipeline.core.results import put_hash, put_interaction, put_pseudonyms

Step = Callable[[Terms, Draft], Rejection | None]

STEPS: Final[tuple[Step, ...]] = (
    drop_too_large,  # too_large
    decode_envelope,  # unreadable, missing_field, invalid_field
    put_json,  # unreadable: a number beyond 64 bits
    put_schema,  # unknown_type, unknown_schema
    put_times,  # bad_time; the sender's clock is corrected
    validate_data,  # invalid_data
    put_identifiers,  # invalid_identifiers, no_identifier
    drop_without_consent,  # no_consent
    drop_future,  # future
    drop_too_old,  # too_old
    put_pseudonyms,  # from here on nothing names a person
    put_hash,  # by which copies are told apart
    put_interaction,
)
"""In the order in which the reasons are tried; the first refusal ends the way."""


def run(terms: Terms, draft: Draft) -> Interaction | Rejection:
    """Take one record through all steps."""
    for step in STEPS:
        refused = step(terms, draft)
        if refused is not None:
            return refused
    return draft.interaction
