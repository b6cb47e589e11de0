"""Canonical JSON and moments, against slow and plain readings of their standards."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.canonical import NumberTooLargeError, decode, depth_exceeds, text_of
from pipeline.core.moment import LATEST, moment
from tests.helpers.records import accepted, examples

EXACT = 2**53 - 1
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-EXACT, EXACT),
    st.floats(-float(EXACT), float(EXACT), allow_nan=False),
    st.sampled_from([1e-6, 1.5e-6, 9.999e-6, 1e-5, 1e-7, -0.0, 0.1, 2.0, 5e-324, "e-6"]),
    st.text(),
)
NAMES = st.one_of(st.text(max_size=4), st.sampled_from(["\ue000", "\U00010000", "\uffff", "a", "\U0001f600"]))
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
)


@settings(max_examples=1500, deadline=None)
@given(JSON)
def test_the_text_is_that_of_rfc_8785(value: Any) -> None:
    assert text_of(decode(json.dumps(value).encode())).encode() == rfc8785.dumps(value)


def test_integers_up_to_64_bits_keep_their_digits() -> None:
    for number in (2**53 + 1, 2**64 - 1, -(2**63)):
        assert text_of(decode(str(number).encode())) == str(number)


@pytest.mark.parametrize("text", ["18446744073709551616", "[-9223372036854775809]", '{"a":[1e30]}', "1" * 60])
def test_larger_numbers_are_refused(text: str) -> None:
    with pytest.raises((NumberTooLargeError, ValueError)):
        text_of(decode(text.encode()))


def test_long_digits_in_a_text_are_no_number() -> None:
    assert text_of({"a": "1" * 40}) == '{"a":"' + "1" * 40 + '"}'


def test_depth_counts_levels() -> None:
    assert not depth_exceeds({"a": [1]}, 2)
    assert depth_exceeds({"a": [[1]]}, 2)


def test_the_hash_is_that_of_the_canonical_normalised_record() -> None:
    for file in examples("**/examples/good/*.json"):
        made = accepted(file.read_bytes())
        normalised = {
            "id": made.id,
            "source": made.source,
            "type": made.type,
            "schema": made.schema,
            "time": made.sent_time,
            "channel": made.channel,
            "identifiers": list(made.identifiers),
            "context": made.context,
            "consent": None if made.consent is None else list(made.consent),
            "data": made.data,
        }
        digest = hashlib.sha256(rfc8785.dumps(normalised)).digest()
        assert made.hash == int.from_bytes(digest[:8], "big"), file
        assert made.data_json == text_of(made.data)
        assert made.context_json == (text_of(made.context) if made.context else "")


RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=500)
@given(
    st.datetimes(datetime(1970, 1, 3), datetime(2149, 6, 3), timezones=ZONES),  # noqa: DTZ001 - zones are drawn
    st.text("0123456789", max_size=12),
    st.sampled_from("Tt "),
)
def test_rfc_3339_with_any_offset_and_digits_is_read(at: datetime, digits: str, between: str) -> None:
    at = at.replace(microsecond=0)
    text = at.isoformat(between).replace("+00:00", "Z")
    fraction = f".{digits}" if digits else ""
    text = f"{text[:19]}{fraction}{text[19:]}"
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    assert moment(text) == since // timedelta(milliseconds=1) + int(digits[:3].ljust(3, "0"))


@settings(max_examples=1500)
@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"\A20[0-9]{2}-?[0-9]{2}-?[0-9]{2}.[0-9]{2}:?[0-9]{2}:?[0-9]{2}.{0,9}\Z"),
    )
)
def test_whatever_is_read_is_rfc_3339(text: str) -> None:
    assert moment(text) is None or RFC_3339.fullmatch(text)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "2026-03-01",
            "2026-03-01T10:00:00",
            "20260301T100000Z",
            "2026-W09-7T10:00:00Z",
            "2026-02-29T10:00:00Z",
        ),
        *("2026-03-01T24:00:00Z", "2026-03-01T10:00:61Z", "2026-03-01T10:00:00,5Z", "2026-03-01T10:00:00.Z"),
        *(
            "2026-03-01T10:00:00+0100",
            "2026-03-01T10:00:00+24:00",
            "٢٠٢٦-03-01T10:00:00Z",
            "2026-03-01T10:00Z",
            "1772359200000",
        ),
        *(-1, LATEST + 1, 10**30, True, None, [], {}, float("1e300")),
    ],
)
def test_what_is_no_moment_is_none(value: Any) -> None:
    assert moment(value) is None


def test_finer_digits_are_cut_and_leap_seconds_are_the_second_after() -> None:
    assert moment("2026-03-01T10:00:00.9999999Z") == moment("2026-03-01T10:00:00.999Z")
    assert moment("2016-12-31T23:59:60Z") == moment("2017-01-01T00:00:00Z")
    assert moment(1772359200000.75) == 1772359200000


@pytest.mark.parametrize("name", ["\U0001f600", '"\\\U0001f600:'])
def test_names_beyond_the_first_plane_are_sorted_as_utf_16_whatever_surrounds_them(name: str) -> None:
    sorted_ = {name: 1, "\uffff": name}
    assert text_of({"\uffff": name, name: 1}) == json.dumps(
        sorted_, ensure_ascii=False, separators=(",", ":")
    )
