"""The views, as an analyst reads them on the real engine."""

import math
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.core.row import (
    TABLES,
    FinalityRow,
    FrictionRow,
    IdentityRow,
    IntakeRow,
    InteractionRow,
    JourneyRow,
    ProgressRow,
    RejectionRow,
    SessionRow,
    TouchpointRow,
    WindowRow,
)
from pipeline.core.window import bucket_of
from pipeline.store.errors import RefusedError
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.store.rows import AT, row

MINUTE = AT // 1000
DAY_MS = 86_400_000


def only(reader: Reader, sql: str) -> dict[str, Any]:
    answer = reader.query(sql)
    assert len(answer.rows) == 1, answer
    return dict(zip(answer.columns, answer.rows[0], strict=True))


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def watermark(writer: Writer, at: int) -> None:
    writer.write("finality", [row(FinalityRow, watermark=at)])


def window(analyst: Reader, metric: str, view: str = "metric_windows") -> dict[str, Any]:
    return only(analyst, f"SELECT * FROM cx.{view} WHERE metric = '{metric}'")


def test_an_analyst_reads_every_view(analyst: Reader) -> None:
    views = analyst.query(
        "SELECT name FROM system.tables WHERE database = 'cx' AND name NOT IN ('metrics', 'revisions', 'churn', 'consistency')"
    ).rows
    assert len(views) > 15
    for (view,) in views:
        analyst.query(f"SELECT * FROM cx.{view} LIMIT 1")
    for view in ("metrics", "revisions"):
        analyst.query(f"SELECT * FROM cx.{view}(seconds = 900, by = ['channel'])")
    analyst.query("SELECT * FROM cx.churn(days = 90)")
    analyst.query("SELECT * FROM cx.consistency(from = '2026-01-01 00:00:00', to = '2026-02-01 00:00:00')")


@pytest.mark.parametrize("table", TABLES)
def test_an_analyst_reads_no_table(table: str, analyst: Reader) -> None:
    with pytest.raises(RefusedError):
        analyst.query(f"SELECT * FROM cx_store.{table}")


def test_refused_records_show_no_bytes(analyst: Reader, writer: Writer) -> None:
    writer.write("rejections", [row(RejectionRow)])
    shown = only(analyst, "SELECT * FROM cx.rejections")
    assert shown["reason"] == "bad_time"
    assert not {"value", "key", "headers"} & shown.keys()


def test_a_quiet_journey_without_an_order_is_abandoned_after_it_closed(
    analyst: Reader, writer: Writer
) -> None:
    writer.write("journeys", [row(JourneyRow, last_step_at=AT + 500, closes_at=AT + 1000)])
    watermark(writer, AT + 1000)
    assert only(analyst, "SELECT outcome, ended FROM cx.journeys") == {"outcome": "open", "ended": None}
    watermark(writer, AT + 1001)
    assert only(analyst, "SELECT outcome, ended FROM cx.journeys") == {
        "outcome": "abandoned",
        "ended": moment(AT + 500),
    }


@pytest.mark.parametrize("outcome", ["purchased", "cancelled", "refunded"])
def test_a_journey_with_an_order_keeps_its_outcome_and_ends_when_it_closed(
    outcome: str, analyst: Reader, writer: Writer
) -> None:
    bought = row(
        JourneyRow, outcome=outcome, order_id="order:1", purchased_at=AT + 1500, last_step_at=AT + 1600
    )
    writer.write("journeys", [bought._replace(closes_at=AT + 2000)])
    columns = "SELECT outcome, ended, time_to_purchase_seconds FROM cx.journeys"
    expected = {"outcome": outcome, "ended": None, "time_to_purchase_seconds": 1.5}
    assert only(analyst, columns) == expected
    watermark(writer, AT + 2001)
    assert only(analyst, columns) == {**expected, "ended": moment(AT + 1600)}


def test_the_slowest_partition_of_the_newest_epoch_is_how_far_sources_were_heard(
    analyst: Reader, writer: Writer
) -> None:
    nothing = {"watermark": moment(0), "heard": moment(0), "decided_at": moment(0)}
    assert only(analyst, "SELECT * FROM cx.watermark") == nothing
    partitions = [row(ProgressRow, partition=number, watermark=AT + number, epoch=1) for number in (1, 2)]
    writer.write("progress", [*partitions, row(ProgressRow, watermark=AT - 5)])
    assert only(analyst, "SELECT * FROM cx.watermark") == nothing | {"heard": moment(AT + 1)}


def test_the_greatest_decision_counts_whoever_wrote_it_and_when(analyst: Reader, writer: Writer) -> None:
    decided = [row(FinalityRow, watermark=AT + n, decided_at=AT + 9 + n) for n in (3, 7, 5)]
    for each in (*decided, decided[0], row(FinalityRow, watermark=AT + 1, epoch=1)):
        writer.write("finality", [each])
    assert only(analyst, "SELECT watermark, decided_at FROM cx.watermark") == {
        "watermark": moment(AT + 7),
        "decided_at": moment(AT + 16),
    }


def test_the_shares_of_partitions_and_epochs_add_up(analyst: Reader, writer: Writer) -> None:
    shares = [row(WindowRow, partition=number, numerator=10, denominator=30, n=30) for number in range(3)]
    writer.write("metric_windows", [*shares, row(WindowRow, epoch=1, numerator=-10, denominator=-10, n=-10)])
    seen = window(analyst, "csat")
    assert (seen["numerator"], seen["denominator"], seen["value"], seen["n"]) == (20, 80, 0.25, 80)


def test_a_value_of_fewer_contributions_than_its_minimum_is_none(analyst: Reader, writer: Writer) -> None:
    writer.write("metric_windows", [row(WindowRow, numerator=20, denominator=29, n=29)])
    seen = window(analyst, "csat")
    assert (seen["n"], seen["value"], seen["low"], seen["high"]) == (29, None, None, None)
    writer.write("metric_windows", [row(WindowRow, partition=1, numerator=1, denominator=1, n=1)])
    assert window(analyst, "csat")["value"] == 21 / 30


def test_a_share_has_wilsons_interval(analyst: Reader, writer: Writer) -> None:
    """15 of 100: 0.0931 to 0.2328, worked out by hand from Wilson's formula."""
    writer.write("metric_windows", [row(WindowRow, numerator=15, denominator=100, n=100)])
    seen = window(analyst, "csat")
    assert math.isclose(seen["low"], 0.0931, abs_tol=5e-5)
    assert math.isclose(seen["high"], 0.2328, abs_tol=5e-5)


def test_a_mean_has_the_normal_interval_also_below_zero(analyst: Reader, writer: Writer) -> None:
    """20 promoters, 60 passives, 20 detractors: mean 0, spread 63.56, so 0 ± 1.96 * 63.56 / 10."""
    histogram = {bucket_of(points): n for points, n in ((-100, 20), (0, 60), (100, 20))}
    nps = row(WindowRow, metric="nps", numerator=0, denominator=100, n=100)
    writer.write("metric_windows", [nps._replace(buckets=tuple(histogram), counts=tuple(histogram.values()))])
    seen = window(analyst, "nps")
    assert (seen["value"], seen["p50"]) == (0, 0)
    assert math.isclose(seen["low"], -12.46, rel_tol=0.02)
    assert math.isclose(seen["high"], 12.46, rel_tol=0.02)
    assert math.isclose(seen["p90"], 100, rel_tol=0.0101)


def test_dimensions_that_are_not_asked_for_are_added_up(analyst: Reader, writer: Writer) -> None:
    told = [("web", "DE", "a"), ("web", "TH", "a"), ("app", "DE", "b")]
    writer.write(
        "metric_windows",
        [row(WindowRow, channel=where, country=country, app_version=v) for where, country, v in told],
    )

    def denominators(by: str) -> dict[tuple[str, ...], int]:
        rows = analyst.query(
            f"SELECT channel, country, app_version, denominator FROM cx.metrics(seconds = 60, by = {by})"
        ).rows
        return {(*names,): n for *names, n in rows}

    assert denominators("[]") == {("", "", ""): 6}
    assert denominators("['country']") == {("", "DE", ""): 4, ("", "TH", ""): 2}
    assert denominators("['channel', 'app_version']") == {("web", "", "a"): 4, ("app", "", "b"): 2}
    assert (
        only(analyst, "SELECT denominator FROM cx.metric_windows WHERE channel = 'web'")["denominator"] == 4
    )


def test_the_rarest_values_of_a_dimension_are_one_called_other(analyst: Reader, writer: Writer) -> None:
    many = [row(WindowRow, campaign=f"c{number:03}", n=200 - number) for number in range(105)]
    writer.write("metric_windows", many)
    shown = analyst.query("SELECT campaign, n FROM cx.metrics(seconds = 60, by = ['campaign'])").rows
    assert len(shown) == 101
    assert dict(shown)["other"] == sum(200 - number for number in range(100, 105))
    audited = analyst.query(
        "SELECT value FROM cx.dimension_values WHERE shown_as = 'other' ORDER BY value"
    ).rows
    assert audited == [(f"c{number}",) for number in range(100, 105)]


def test_a_ratio_of_nothing_is_null(analyst: Reader, writer: Writer) -> None:
    writer.write("metric_windows", [row(WindowRow, numerator=1, denominator=0, n=0)])
    seen = window(analyst, "csat")
    assert (seen["denominator"], seen["value"]) == (0, None)


@pytest.mark.parametrize("metric", ["orders", "revenue"])
def test_a_sum_has_no_denominator(metric: str, analyst: Reader, writer: Writer) -> None:
    writer.write("metric_windows", [row(WindowRow, metric=metric, numerator=1250, denominator=0, n=2)])
    seen = window(analyst, metric)
    assert (seen["numerator"], seen["denominator"], seen["value"], seen["n"]) == (1250, None, 1250, 2)


def test_a_window_with_nothing_in_it_does_not_exist(analyst: Reader, writer: Writer) -> None:
    shares = [row(WindowRow, partition=0), row(WindowRow, partition=1, numerator=-1, denominator=-2, n=-2)]
    writer.write("metric_windows", shares)
    assert analyst.query("SELECT * FROM cx.metric_windows").rows == []


def test_durations_are_in_seconds_with_quantiles_within_one_percent(analyst: Reader, writer: Writer) -> None:
    waits = [1_500 + 700 * number for number in range(100)]
    for number, half in enumerate((waits[::2], waits[1::2])):
        counts: dict[int, int] = {}
        for wait in half:
            counts[bucket_of(wait)] = counts.get(bucket_of(wait), 0) + 1
        share = row(WindowRow, metric="first_response_time", partition=number, numerator=sum(half), n=50)
        writer.write(
            "metric_windows",
            [
                share._replace(
                    denominator=50,
                    buckets=tuple(sorted(counts)),
                    counts=tuple(counts[b] for b in sorted(counts)),
                )
            ],
        )
    seen = window(analyst, "first_response_time")
    assert seen["numerator"] == sum(waits) / 1000
    assert math.isclose(seen["value"], sum(waits) / 100_000)
    assert seen["low"] < seen["value"] < seen["high"]
    assert math.isclose(seen["p50"], waits[49] / 1000, rel_tol=0.0101)
    assert math.isclose(seen["p90"], waits[89] / 1000, rel_tol=0.0101)


def test_a_reply_at_once_is_a_duration_of_nothing(analyst: Reader, writer: Writer) -> None:
    at_once = row(WindowRow, metric="first_response_time", numerator=0, denominator=10, n=10)
    writer.write("metric_windows", [at_once._replace(buckets=(bucket_of(0),), counts=(10,))])
    seen = window(analyst, "first_response_time")
    assert (seen["value"], seen["p50"], seen["p90"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("metric", "view", "final_at"),
    [
        ("csat", "metric_windows", AT + 60_000),
        ("cart_abandonment", "metric_windows", AT + 60_000 + DAY_MS),
        ("csat", "metric_windows_1_hour", AT // 3_600_000 * 3_600_000 + 3_600_000),
        ("csat", "metric_windows_1_day", AT // DAY_MS * DAY_MS + DAY_MS),
    ],
)
def test_a_window_is_final_once_the_watermark_reached_all_that_changes_it(
    metric: str, view: str, final_at: int, analyst: Reader, writer: Writer
) -> None:
    writer.write("metric_windows", [row(WindowRow, metric=metric)])
    writer.write("progress", [row(ProgressRow, watermark=final_at)])
    watermark(writer, final_at - 1)
    assert window(analyst, metric, view)["is_final"] == 0
    watermark(writer, final_at)
    assert window(analyst, metric, view)["is_final"] == 1


@pytest.mark.parametrize(
    ("view", "seconds"),
    [
        ("metric_windows_5_minutes", 300),
        ("metric_windows_1_hour", 3600),
        ("metric_windows_1_day", 86400),
        ("metrics(seconds = 900, by = [])", 900),
    ],
)
def test_longer_windows_are_sums_of_minutes(view: str, seconds: int, analyst: Reader, writer: Writer) -> None:
    minutes = [MINUTE + 60 * number for number in range(0, 3000, 7)]
    writer.write("metric_windows", [row(WindowRow, window=minute) for minute in minutes])
    expected: dict[int, int] = {}
    for minute in minutes:
        start = minute // seconds * seconds
        expected[start] = expected.get(start, 0) + 2
    rows = analyst.query(f"SELECT toUnixTimestamp(window), denominator FROM cx.{view} ORDER BY window").rows
    assert rows == sorted(expected.items())


def test_what_was_received_is_stored_a_duplicate_or_rejected(analyst: Reader, writer: Writer) -> None:
    hashes = [(1, "accepted"), (2, "accepted"), (1, "accepted"), (0, "bad_time"), (0, "bad_time")]
    writer.write("intake", [row(IntakeRow, offset=o, hash=h, outcome=w) for o, (h, w) in enumerate(hashes)])
    writer.write("intake", [row(IntakeRow, offset=9, hash=2, received=AT + 60_000)])
    rows = analyst.query(
        "SELECT toUnixTimestamp(minute), received, stored, duplicate, rejected FROM cx.intake_by_minute ORDER BY minute"
    ).rows
    assert rows == [(MINUTE, 5, 2, 1, 2), (MINUTE + 60, 1, 0, 1, 0)]


def test_the_residual_is_zero_where_everything_is_in_the_tables(analyst: Reader, writer: Writer) -> None:
    writer.write("intake", [row(IntakeRow, offset=7), row(IntakeRow, offset=8, outcome="bad_time", hash=0)])
    writer.write("intake", [row(IntakeRow, offset=9, outcome="no_consent", hash=0)])
    writer.write("interactions", [row(InteractionRow)])
    writer.write("rejections", [row(RejectionRow, offset=8)])
    seen = only(analyst, "SELECT * FROM cx.residual")
    assert (seen["first_offset"], seen["last_offset"], seen["records"], seen["residual"]) == (7, 9, 3, 0)


@pytest.mark.parametrize("fault", ["missing_offsets", "missing_rows", "missing_rejections"])
def test_the_residual_finds_what_is_missing(fault: str, analyst: Reader, writer: Writer) -> None:
    offset = 9 if fault == "missing_offsets" else 8
    writer.write(
        "intake", [row(IntakeRow, offset=7), row(IntakeRow, offset=offset, outcome="bad_time", hash=0)]
    )
    if fault != "missing_rows":
        writer.write("interactions", [row(InteractionRow)])
    if fault != "missing_rejections":
        writer.write("rejections", [row(RejectionRow, offset=offset)])
    seen = only(analyst, "SELECT * FROM cx.residual")
    assert {name for name in seen if name.startswith("missing") and seen[name]} == {fault}
    assert seen["residual"] == 1


def test_ids_with_two_contents_are_listed(analyst: Reader, writer: Writer) -> None:
    rows = [
        row(InteractionRow),
        row(InteractionRow, hash=5, anchor="customer:7"),
        row(InteractionRow, id="i-2"),
    ]
    writer.write("interactions", rows)
    writer.write("interactions", rows)
    seen = only(analyst, "SELECT id, contents, anchors FROM cx.conflicts")
    assert seen == {"id": "i-1", "contents": 2, "anchors": ["customer:42", "customer:7"]}


def test_freshness_names_the_newest(analyst: Reader, writer: Writer) -> None:
    writer.write("interactions", [row(InteractionRow, time=AT + 3)])
    writer.write("intake", [row(IntakeRow, received=AT + 5)])
    writer.write("progress", [row(ProgressRow, watermark=AT + 8)])
    watermark(writer, AT)
    assert only(analyst, "SELECT * FROM cx.freshness") == {
        "watermark": moment(AT),
        "heard": moment(AT + 8),
        "newest_received": moment(AT + 5),
        "newest_time": moment(AT + 3),
    }


def test_checksums_do_not_depend_on_order_copies_or_the_watermark(analyst: Reader, writer: Writer) -> None:
    batches = _batches()
    for table, rows in batches.items():
        writer.write(table, rows)
    before = analyst.checksums()
    assert all(
        int(checksum.partition("-")[0]) > 0 for view, checksum in before.items() if view != "conflicts"
    )
    watermark(writer, AT + 10**9)
    for table, rows in reversed(batches.items()):
        writer.write(table, random.Random(3).sample(rows, len(rows)))
    again = row(RejectionRow, offset=99, received=AT + 9)
    writer.write("rejections", [again])
    assert analyst.checksums() == before


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("interactions", {"data": "{}"}),
        ("rejections", {"reason": "too_old", "offset": 1}),
        ("touchpoints", {"stage": "intend"}),
        ("sessions", {"orders": 1}),
        ("journeys", {"outcome": "cancelled"}),
        ("frictions", {"score": 9.0}),
        ("identity", {"state": "removed"}),
        ("metric_windows", {"n": 9}),
    ],
)
def test_a_checksum_changes_with_any_row(
    table: str, change: dict[str, Any], analyst: Reader, writer: Writer
) -> None:
    for each, rows in _batches().items():
        writer.write(each, rows)
    before = analyst.checksums()
    changed = _batches()[table][0]._replace(**change)
    if "version" in changed._fields:
        changed = changed._replace(version=99)
    writer.write(table, [changed])
    after = analyst.checksums()
    assert {
        view.partition("_1_")[0].removesuffix("_5_minutes") for view in after if after[view] != before[view]
    } == {table}


def test_the_checksum_of_customers_changes_with_what_they_are(analyst: Reader, writer: Writer) -> None:
    for each, rows in _batches().items():
        writer.write(each, rows)
    before = analyst.checksums()["customers"]
    writer.write("touchpoints", [row(TouchpointRow, id="i-9", time=AT + 9)])
    assert analyst.checksums()["customers"] != before


def _batches() -> dict[str, list[Any]]:
    return {
        "interactions": [row(InteractionRow, id=f"i-{number}", hash=number) for number in range(5)],
        "rejections": [row(RejectionRow)],
        "touchpoints": [row(TouchpointRow, id=f"i-{number}") for number in range(5)],
        "sessions": [row(SessionRow)],
        "journeys": [row(JourneyRow, journey_id=f"j-{number}") for number in range(5)],
        "frictions": [row(FrictionRow), row(FrictionRow, kind="late_delivery", absence=1, time=AT + 1000)],
        "identity": [row(IdentityRow)],
        "metric_windows": [row(WindowRow, window=MINUTE + 60 * number) for number in range(5)],
    }
