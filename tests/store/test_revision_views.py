"""The history of revisions, as an analyst reads it on the real engine."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.core.row import RevisionRow, WindowRow
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.store.rows import AT, row

MINUTE = AT // 1000
LATER = AT + 90_000
DAY = 86_400_000


def read(reader: Reader, sql: str) -> Iterator[dict[str, Any]]:
    answer = reader.query(sql)
    return (dict(zip(answer.columns, each, strict=True)) for each in answer.rows)


def history(reader: Reader, *columns: str, view: str = "metric_revisions") -> list[tuple[Any, ...]]:
    return reader.query(f"SELECT {', '.join(columns)} FROM cx.{view} ORDER BY window, revision").rows


def csat(writer: Writer, numerator: int, denominator: int, **fields: Any) -> None:
    values = {"metric": "csat", "numerator": numerator, "denominator": denominator, "n": denominator}
    writer.write("metric_windows", [row(WindowRow, **(values | fields))])


def revise(writer: Writer, numerator: int, denominator: int, **fields: Any) -> None:
    values = {"metric": "csat", "numerator": numerator, "denominator": denominator, "n": denominator}
    writer.write("metric_revisions", [row(RevisionRow, **(values | fields))])


def test_the_history_goes_back_from_the_present_value(analyst: Reader, writer: Writer) -> None:
    csat(writer, 30, 40)
    revise(writer, -5, 0, position=8 << 16, heard_at=LATER + 1, reason="identity_unlinked")
    revise(writer, 5, 10, position=7 << 16, heard_at=LATER)
    assert history(analyst, "revision", "reason", "value_before", "value_now", "n_now") == [
        (1, "late_interaction", 30 / 30, 35 / 40, 40),
        (2, "identity_unlinked", 35 / 40, 30 / 40, 40),
    ]


def test_a_row_that_is_written_again_counts_once(analyst: Reader, writer: Writer) -> None:
    csat(writer, 30, 40)
    for _ in range(3):
        revise(writer, 5, 10)
    assert history(analyst, "revision", "contributions", "n_change") == [(1, 1, 10)]


def test_what_moves_between_shares_for_one_cause_is_no_revision(analyst: Reader, writer: Writer) -> None:
    csat(writer, 30, 40)
    revise(writer, -5, -10, partition=0)
    revise(writer, 5, 10, partition=1, revised_at=LATER + 400)
    assert history(analyst, "revision") == []


def test_news_of_one_second_and_reason_is_one_revision(analyst: Reader, writer: Writer) -> None:
    csat(writer, 30, 40)
    for position, heard_at in enumerate((LATER + 999, LATER, LATER + 1000)):
        revise(writer, -5, 0, position=position << 16, heard_at=heard_at)
    assert history(analyst, "revision", "numerator_change", "toUnixTimestamp64Milli(heard_at)") == [
        (1, -10, LATER),
        (2, -5, LATER + 1000),
    ]


def test_shares_of_one_cause_are_one_revision_when_the_last_of_them_was_told(
    analyst: Reader, writer: Writer
) -> None:
    csat(writer, 20, 40)
    csat(writer, 10, 10, partition=1)
    revise(writer, -5, 0, partition=0)
    revise(writer, 6, 6, partition=1, revised_at=LATER + 400)
    ((number, numerator, n, contributions, heard, revised),) = history(
        analyst, "revision", "numerator_change", "n_change", "contributions", "heard_at", "revised_at"
    )
    assert (number, numerator, n, contributions) == (1, 1, 6, 2)
    assert heard == datetime.fromtimestamp(LATER / 1000, UTC)
    assert revised == datetime.fromtimestamp(LATER / 1000 + 0.4, UTC)


def test_few_contributions_have_no_value_and_their_numbers_all_the_same(
    analyst: Reader, writer: Writer
) -> None:
    csat(writer, 25, 35)
    revise(writer, 5, 10)
    assert history(analyst, "value_before", "value_now", "numerator_now", "denominator_now", "n_now") == [
        (None, 25 / 35, 25, 35, 35)
    ]


@pytest.mark.parametrize(
    ("metric", "before", "now"),
    [
        ("orders", 10, 12),
        ("first_response_time", 30 / 40, 32 / 40),
        ("page_load_p75", None, None),
        ("nps", 30 / 40, 32 / 40),
    ],
)
def test_each_kind_has_the_value_that_the_windows_have(
    metric: str, before: float | None, now: float | None, analyst: Reader, writer: Writer
) -> None:
    scale = {"first_response_time": 1000}.get(metric, 1)
    numerator = 12 if metric == "orders" else 32 * scale
    denominator = 0 if metric == "orders" else 200 if metric == "page_load_p75" else 40
    csat(writer, numerator, denominator, metric=metric, n=denominator or 12)
    revise(writer, 2 * scale, 0, metric=metric, n=2 if metric == "orders" else 0)
    assert history(analyst, "value_before", "value_now") == [(before, now)]
    if metric == "page_load_p75":
        return
    (shown,) = read(analyst, "SELECT value FROM cx.metric_windows")
    assert shown["value"] == now


def test_a_final_value_that_changes_is_marked(analyst: Reader, writer: Writer) -> None:
    for metric, watermark, reason in (
        ("csat", AT + 60_000, "late_interaction"),
        ("csat", AT + 60_000, "delayed"),
        ("session_conversion", AT + 60_000 + DAY, "resolved"),
        ("cart_abandonment", AT + 60_000 + DAY - 1, "identity_linked"),
        ("cart_abandonment", AT + 60_000 + DAY, "late_interaction"),
    ):
        revise(writer, 1, 1, metric=metric, watermark=watermark, reason=reason)
    rows = history(analyst, "metric", "reason", "was_final")
    assert set(rows) == {
        ("csat", "late_interaction", 1),
        ("csat", "delayed", 0),
        ("session_conversion", "resolved", 1),
        ("cart_abandonment", "identity_linked", 0),
        ("cart_abandonment", "late_interaction", 1),
    }


def test_longer_windows_and_other_dimensions_have_histories_of_their_own(
    analyst: Reader, writer: Writer
) -> None:
    csat(writer, 20, 40, country="DE")
    csat(writer, 50, 50, country="FR", window=MINUTE + 60)
    csat(writer, 10, 10, country="FR", window=MINUTE + 120)  # never revised, and in the hour all the same
    revise(writer, 5, 10, country="DE")
    revise(writer, 10, 10, country="FR", window=MINUTE + 60, heard_at=LATER + 1000)
    every = "revisions(seconds = 3600, by = ['channel'])"
    assert history(analyst, "revision", "country", "value_before", "value_now", view=every) == [
        (1, "", 65 / 80, 70 / 90),
        (2, "", 70 / 90, 80 / 100),
    ]
    by_country = "revisions(seconds = 60, by = ['country'])"
    assert history(analyst, "country", "revision", "value_now", view=by_country) == [
        ("DE", 1, 0.5),
        ("FR", 1, 1.0),
    ]


def test_a_window_says_how_often_and_when_last_it_was_revised(analyst: Reader, writer: Writer) -> None:
    csat(writer, 30, 40)
    revise(writer, 5, 5, heard_at=LATER)
    revise(writer, -5, 0, heard_at=LATER + 1, revised_at=LATER + 2, reason="better_copy", watermark=AT)
    (found,) = read(analyst, "SELECT * FROM cx.revised_windows")
    assert (found["revisions"], found["final_revisions"]) == (2, 1)
    assert found["reasons"] == ["better_copy", "late_interaction"]
    assert found["last_revised_at"] == datetime.fromtimestamp((LATER + 2) / 1000, UTC)
    assert (found["first_value"], found["value"]) == (30 / 35, 30 / 40)
    (joined,) = read(
        analyst,
        "SELECT value, revisions FROM cx.metric_windows "
        "LEFT JOIN cx.revised_windows USING (metric, window, channel, source, currency)",
    )
    assert joined == {"value": 30 / 40, "revisions": 2}
