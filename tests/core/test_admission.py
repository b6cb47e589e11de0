"""What admission leaves behind of raw records: a row of the archive or a dead letter, an intake row, messages."""

import hashlib
import json
from types import SimpleNamespace
from typing import Any
from zlib import crc32

from pipeline.core.admission import Admission, partition_of
from pipeline.core.message import Link, Observe
from pipeline.core.row import IntakeRow, InteractionRow, RejectionRow
from tests.helpers.records import RECEIVED, accepted, contract_with, record

DAY_ONE = 20_513
"""2026-03-01, as days since 1970-01-01."""
TEN = RECEIVED - 2_000
HEADERS = (("trace", b"\xe9t\xe9"), ("empty", None))


def raw(value: Any, *, topic: str = "interactions.web", partition: int = 0, **members: Any) -> Any:
    encoded = value if isinstance(value, bytes) else json.dumps(value).encode()
    usual = {"offset": 7, "timestamp": RECEIVED, "key": b"customer:42", "headers": ()}
    return SimpleNamespace(topic=topic, partition=partition, value=encoded, **usual | members)


def admitted(*records: Any, **how: Any) -> Admission:
    one = Admission(contract_with().admit, how.pop("partitions", 4), **how)
    one.add(records)
    return one


def test_an_accepted_record_is_a_row_of_the_archive_with_all_that_it_said() -> None:
    said = record(
        "product_viewed",
        anonymous_id="a-9",
        id="p1",
        consent=["analytics", "functional"],
        context={"country": "TH"},
        data={"product_id": "ผ้า"},
    )
    one = admitted(raw(said), epoch=3)
    assert one.interactions == [
        InteractionRow(
            day=DAY_ONE,
            type="product_viewed",
            sent_time=TEN,
            source="storefront-web",
            id="p1",
            hash=accepted(said).hash,
            time=TEN,
            received=RECEIVED,
            schema="product_viewed/1-0-0",
            area="browsing",
            passive=0,
            channel="web",
            identifiers=("customer:42", "anonymous:a-9"),
            anchor="customer:42",
            consent='["analytics","functional"]',
            context='{"country":"TH"}',
            data='{"product_id":"ผ้า"}',
            version=2**62 - TEN,
        )
    ]
    assert one.intake == [
        IntakeRow("interactions.web", 3, 0, 7, "accepted", accepted(said).hash, "storefront-web", RECEIVED)
    ]
    assert not one.rejections


def test_a_passive_one_is_marked_and_without_consent_the_column_is_empty() -> None:
    (row,) = admitted(raw(record("invoice_issued", channel="system"))).interactions
    assert (row.passive, row.consent) == (1, "")


def test_a_heartbeat_has_no_anchor_and_tells_nobody() -> None:
    one = admitted(raw(record("source_heartbeat", customer=None)))
    assert [row.anchor for row in one.interactions] == [""]
    assert not one.messages


def test_a_refused_record_is_kept_whole_with_why_and_where_it_came_from() -> None:
    said = record("product_viewed", id="p2", data={})
    one = admitted(raw(said, offset=9, headers=HEADERS), epoch=3)
    value = json.dumps(said).encode()
    assert one.rejections == [
        RejectionRow(
            topic="interactions.web",
            partition=0,
            offset=9,
            epoch=3,
            received=RECEIVED,
            reason="invalid_data",
            path="$.data.product_id",
            detail="data.product_id is required.",
            source="storefront-web",
            type="product_viewed",
            id="p2",
            value=value,
            value_length=len(value),
            value_sha256=hashlib.sha256(value).hexdigest(),
            headers='{"trace":"été","empty":""}',
            key=b"customer:42",
        )
    ]
    assert one.intake == [
        IntakeRow("interactions.web", 3, 0, 9, "invalid_data", 0, "storefront-web", RECEIVED)
    ]
    assert not one.interactions
    assert not one.messages
    assert not one.newest, "a refused record moves no watermark"


def test_a_dead_letter_is_cut_at_the_cap_and_says_how_long_it_was() -> None:
    value = b"{" + b"x" * 70_000
    (whole,) = admitted(raw(value)).rejections
    (cut,) = admitted(raw(value), cap=10).rejections
    assert (whole.value, whole.value_length) == (value[:65_536], 70_001)
    assert (cut.value, cut.value_length) == (value[:10], 70_001)
    assert cut.value_sha256 == hashlib.sha256(value).hexdigest()


def test_a_record_of_nothing_is_refused_and_its_letter_is_empty() -> None:
    (row,) = admitted(raw(b"", key=None)).rejections
    assert (row.reason, row.value, row.value_length, row.key) == ("unreadable", b"", 0, b"")


def test_without_consent_a_record_is_counted_and_nothing_of_it_is_kept() -> None:
    one = admitted(raw(record("product_viewed", consent=["functional"])))
    assert [row.outcome for row in one.intake] == ["no_consent"]
    assert not one.rejections
    assert not one.interactions


def test_one_bad_record_among_good_ones_costs_nothing_else() -> None:
    one = admitted(raw(record(id="a"), offset=0), raw(b"{", offset=1), raw(record(id="c"), offset=2))
    assert [row.id for row in one.interactions] == ["a", "c"]
    assert [(row.offset, row.outcome) for row in one.intake] == [
        (0, "accepted"),
        (1, "unreadable"),
        (2, "accepted"),
    ]


def test_messages_go_to_the_partition_of_their_actor() -> None:
    one = admitted(raw(record(id="p1", anonymous_id="a-9")), partitions=64)
    (observe,) = one.messages[crc32(b"customer:42") % 64]
    (link,) = one.messages[crc32(b"anonymous:a-9") % 64]
    assert isinstance(observe, Observe)
    assert isinstance(link, Link)
    assert partition_of("customer:42", 64) == crc32(b"customer:42") % 64 != partition_of("anonymous:a-9", 64)


def test_the_newest_time_of_a_raw_partition_is_never_later_than_the_brokers_clock() -> None:
    ahead = record(id="ahead", at="10:04")
    one = admitted(
        raw(record(id="a", at="09:00")),
        raw(record(id="b", at="09:30")),
        raw(record(id="c", at="09:10")),
        raw(ahead, partition=1),
        raw(record(id="d", at="08:00"), topic="interactions.support"),
    )
    hour = 3_600_000
    assert one.newest == {
        ("interactions.web", 0): TEN - hour // 2,
        ("interactions.web", 1): RECEIVED,
        ("interactions.support", 0): TEN - 2 * hour,
    }
