"""Rows that take something back: the key, the version, and nothing that anybody could read as a value."""

from pipeline.core.derived import (
    friction_tombstone,
    journey_tombstone,
    session_tombstone,
    touchpoint_tombstone,
)
from pipeline.core.row import FrictionRow, JourneyRow, SessionRow, TouchpointRow
from pipeline.core.step import short_id

REF = ("web", "p1")


def test_a_touchpoint_that_is_nobodys_any_more() -> None:
    assert touchpoint_tombstone("customer:42", 7, REF, 9) == TouchpointRow(
        customer="customer:42",
        time=7,
        source="web",
        id="p1",
        type="",
        area="",
        channel="",
        passive=0,
        session_id="",
        journey_id="",
        number=0,
        stage="",
        gap_seconds=None,
        channel_changed=0,
        friction="",
        why="",
        version=9,
        is_deleted=1,
    )


def test_a_session_that_starts_elsewhere() -> None:
    assert session_tombstone("customer:42", 7, 9) == SessionRow(
        customer="customer:42",
        started=7,
        session_id=short_id("customer:42", 7),
        ended=0,
        interactions=0,
        channels=(),
        channel="",
        source="",
        orders=0,
        frictions=0,
        version=9,
        is_deleted=1,
    )


def test_a_journey_that_is_another() -> None:
    assert journey_tombstone("customer:42", 7, "j", 9) == JourneyRow(
        customer="customer:42",
        started=7,
        journey_id="j",
        last_step_at=0,
        closes_at=0,
        stage="discover",
        outcome="",
        order_id="",
        purchased_at=None,
        steps=0,
        channels=(),
        sessions=0,
        frictions=0,
        contacts=0,
        value=None,
        currency="",
        first_touch="",
        last_touch="",
        version=9,
        is_deleted=1,
    )


def test_a_friction_that_is_none() -> None:
    assert friction_tombstone("customer:42", (7, REF, "refund"), 9) == FrictionRow(
        customer="customer:42",
        time=7,
        source="web",
        id="p1",
        kind="refund",
        absence=0,
        channel="",
        session_id="",
        journey_id="",
        score=0.0,
        crossed=0,
        streak=0,
        streak_ended_at=None,
        version=9,
        is_deleted=1,
    )
