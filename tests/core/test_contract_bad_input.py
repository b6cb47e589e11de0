"""Bad input: whatever comes, admission answers with one reason, and never with an exception or a personal value."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.admission import Admission
from pipeline.core.interaction import Interaction, Rejection
from tests.helpers.records import RECEIVED, accepted, contract_with, example, examples, judge, record, refused

CONTRACT = contract_with()
GOOD = [file.read_bytes() for file in examples("**/examples/good/*.json")]
DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000


def with_data(raw: bytes) -> bytes:
    """Put raw JSON into a good record as an unknown member of data."""
    return json.dumps(record(data={"product_id": "P", "extra": "HERE"})).encode().replace(b'"HERE"', raw)


@pytest.mark.parametrize(
    "value",
    [
        *(
            b"",
            b" ",
            b"null",
            b"[]",
            b"[1,2]",
            b'"text"',
            b"7",
            b"{",
            b'{"id":',
            b"{} {}",
            b"\xef\xbb\xbf{}",
            b"\x00",
        ),
        *(
            b'{"id":"\xff"}',
            with_data(b'"\xc3\x28"'),
            with_data(b'"\\ud800"'),
            with_data(b'"\\ud800x"'),
            with_data(b'"\\udc00"'),
        ),
        *(
            with_data(b"NaN"),
            with_data(b"Infinity"),
            with_data(b"-Infinity"),
            with_data(b"1e999"),
            with_data(b"01"),
        ),
        *(
            with_data(b"18446744073709551616"),
            with_data(b"-9223372036854775809"),
            with_data(b"1e30"),
            with_data(b"9" * 5000),
        ),
        *(
            DEEP,
            with_data(DEEP),
            with_data(b"[" * 10_000 + b"]" * 10_000),
            with_data(b"[" * 300 + b"]" * 300),
        ),
    ],
)
def test_what_cannot_be_read_is_unreadable(value: bytes) -> None:
    assert refused(value).reason == "unreadable"


def test_what_can_just_be_read_is_accepted() -> None:
    assert accepted(with_data(b"[" * 200 + b"]" * 200))
    assert '"extra":18446744073709551615' in accepted(with_data(b"18446744073709551615")).data_json
    assert accepted(with_data(b'"\\ud83d\\ude00"')).data["extra"] == "😀"
    assert accepted(with_data(b'"a\\u0000b"')).data["extra"] == "a\x00b"
    assert accepted(record("feedback_received", data={"text": "x" * 65_536}))


def test_a_large_record_is_too_large_before_it_is_parsed() -> None:
    assert refused(b"{" * (1024 * 1024 + 1)).reason == "too_large"
    assert refused(record("feedback_received", data={"text": "x" * 5_000_000})).reason == "too_large"
    assert refused(b"{" * 1024 * 1024).reason == "unreadable"


@pytest.mark.parametrize(
    ("changes", "reason", "path"),
    [
        ({"type": "product_seen"}, "unknown_type", "$.type"),
        ({"type": "Product Viewed"}, "unknown_type", "$.type"),
        ({"type": ["product_viewed"]}, "invalid_field", "$.type"),
        ({"schema": "product_viewed/7-0-0"}, "unknown_schema", "$.schema"),
        ({"schema": 1}, "invalid_field", "$.schema"),
        ({"time": "9999-12-31T23:59:59Z"}, "bad_time", "$.time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "bad_time", "$.time"),
        ({"time": -1}, "bad_time", "$.time"),
        ({"time": 10**15}, "bad_time", "$.time"),
        ({"time": 10**30}, "bad_time", "$.time"),
        ({"time": 1e300}, "bad_time", "$.time"),
        ({"time": f"2026-03-01T10:00:00.{'0' * 100}Z"}, "bad_time", "$.time"),
        ({"type": "x" * 256}, "unknown_type", "$.type"),
        ({"time": True}, "bad_time", "$.time"),
        ({"time": {"at": 1}}, "bad_time", "$.time"),
        ({"time": "2030-01-01T00:00:00Z"}, "future", "$.time"),
        ({"time": 0}, "too_old", "$.time"),
        ({"source": "pos\u0000"}, "invalid_field", "$.source"),
        ({"source": "x" * 65}, "invalid_field", "$.source"),
        ({"id": "\u202e1-di"}, "invalid_field", "$.id"),
        ({"context": []}, "invalid_field", "$.context"),
        ({"context": {"campaign": {"source": 5}}}, "invalid_field", "$.context.campaign.source"),
        ({"consent": "analytics"}, "invalid_field", "$.consent"),
        ({"identifiers": {}}, "invalid_identifiers", "$.identifiers"),
        ({"identifiers": "customer:42"}, "invalid_identifiers", "$.identifiers"),
        ({"identifiers": ["customer:42"]}, "invalid_identifiers", "$.identifiers[0]"),
        (
            {"identifiers": [{"type": "customer", "value": 42}]},
            "invalid_identifiers",
            "$.identifiers[0].value",
        ),
        ({"identifiers": [{"type": [], "value": "42"}]}, "invalid_identifiers", "$.identifiers[0].type"),
        (
            {"identifiers": [{"type": "cart", "value": str(n)} for n in range(1, 201)]},
            "invalid_identifiers",
            "$.identifiers",
        ),
        ({"anonymous_id": "x" * 100_000}, "invalid_identifiers", "$.anonymous_id"),
        ({"customer_id": 0}, "invalid_identifiers", "$.customer_id"),
        ({"customer_id": False}, "invalid_identifiers", "$.customer_id"),
        ({"customer_id": []}, "invalid_identifiers", "$.customer_id"),
        ({"order_id": {}}, "invalid_identifiers", "$.order_id"),
        ({"data": {"product_id": "P", "cart_id": 5}}, "invalid_identifiers", "$.data.cart_id"),
        ({"data": "text"}, "invalid_data", "$.data"),
        (
            {"data": {"product_id": "P", "price": {"amount": -1, "currency": "EUR"}}},
            "invalid_data",
            "$.data.price.amount",
        ),
        (
            {"data": {"product_id": "P", "price": {"amount": 1, "currency": "EURO"}}},
            "invalid_data",
            "$.data.price.currency",
        ),
        (
            {"data": {"product_id": "P", "price": {"amount": 2**64 - 1, "currency": "EUR"}}},
            "invalid_data",
            "$.data.price.amount",
        ),
        (
            {"data": {"product_id": "P", "price": {"amount": 19.99, "currency": "EUR"}}},
            "invalid_data",
            "$.data.price.amount",
        ),
    ],
)
def test_each_fault_has_its_reason_and_its_path(changes: dict[str, Any], reason: str, path: str) -> None:
    rejection = refused(record(**changes))
    assert (rejection.reason, rejection.path) == (reason, path)


def test_an_order_without_products_is_invalid_data() -> None:
    data = example("order_completed")["data"] | {"products": []}
    assert refused(record("order_completed", data=data)).detail == "data.products must not be empty."


CE = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"pos"), ("ce_type", b"page_viewed")]
CE += [("ce_time", b"2026-03-01T10:00:00Z"), ("ce_channel", b"web"), ("ce_customerid", b"42")]
BODY = b'{"path":"/"}'
STRUCTURED = [("content-type", b"application/cloudevents+json")]


def test_a_cloudevent_in_headers_is_accepted() -> None:
    assert accepted(BODY, headers=CE).identifiers == ("customer:42",)
    assert accepted(BODY, headers=[*CE, ("Content-Type", b"application/vnd.shop+json; charset=utf-8")])
    assert accepted(BODY, headers=[*CE, ("traceparent", b"\xff"), ("ce_traceparent", b"00")])
    assert accepted(
        BODY,
        headers=[("ce_time", b"1772359200000") if key == "ce_time" else (key, value) for key, value in CE],
    )


@pytest.mark.parametrize(
    ("headers", "value", "reason", "path", "detail"),
    [
        (CE[1:], BODY, "missing_field", "$.specversion", "specversion is required in a CloudEvent."),
        (
            [*CE, ("ce_specversion", b"0.3")],
            BODY,
            "invalid_field",
            "$.specversion",
            "specversion must be 1.0.",
        ),
        (
            [each for each in CE if each[0] != "ce_channel"],
            BODY,
            "missing_field",
            "$.channel",
            "channel is required.",
        ),
        ([*CE, ("ce_id", b"\xff")], BODY, "unreadable", "$.id", "Header ce_id must be valid UTF-8."),
        ([*CE, ("ce_id", b"")], BODY, "invalid_field", "$.id", "id must not be empty."),
        (
            [*CE, ("ce_time", b"")],
            BODY,
            "bad_time",
            "$.time",
            "time must be RFC 3339 with an offset, or milliseconds since 1970-01-01 UTC, from 1970 to 2149.",
        ),
        (
            [*CE, ("ce_time", b"9" * 4000)],
            BODY,
            "bad_time",
            "$.time",
            "time must be RFC 3339 with an offset, or milliseconds since 1970-01-01 UTC, from 1970 to 2149.",
        ),
        (
            [*CE, ("ce_identifiers", b"[")],
            BODY,
            "invalid_identifiers",
            "$.identifiers",
            "identifiers must be a list of {type, value}.",
        ),
        (
            [*CE, ("ce_context", b"[" * 10_000)],
            BODY,
            "invalid_field",
            "$.context",
            "context must be null or an object.",
        ),
        (
            [*CE, ("ce_consent", b"functional, sharing")],
            BODY,
            "no_consent",
            "$.consent",
            "consent is given without analytics.",
        ),
        (
            [*CE, ("content-type", b"text/plain")],
            BODY,
            "unreadable",
            "$",
            "The content type of data must be application/json.",
        ),
        (
            [*CE, ("content-type", b"avro/binary")],
            BODY,
            "unreadable",
            "$",
            "The content type of data must be application/json.",
        ),
        (
            [*CE, *STRUCTURED],
            BODY,
            "unreadable",
            "$",
            "The record must be a CloudEvent in binary or in structured mode, not in both.",
        ),
        (
            [("content-type", b"application/cloudevents-batch+json")],
            b"[]",
            "unreadable",
            "$",
            "The content type must be application/cloudevents+json; batches and other formats are not read.",
        ),
        (
            [("content-type", b"application/cloudevents+avro")],
            b"x",
            "unreadable",
            "$",
            "The content type must be application/cloudevents+json; batches and other formats are not read.",
        ),
        (STRUCTURED, b"[]", "unreadable", "$", "The record must be one JSON object."),
        (STRUCTURED, b"{}", "missing_field", "$.specversion", "specversion is required in a CloudEvent."),
        (
            STRUCTURED,
            b'{"specversion":"1.0","data_base64":"e30="}',
            "unreadable",
            "$.data_base64",
            "data_base64 is not read; send data as JSON.",
        ),
        (
            STRUCTURED,
            b'{"specversion":"1.0","datacontenttype":"text/xml"}',
            "unreadable",
            "$.datacontenttype",
            "datacontenttype must be application/json.",
        ),
        (STRUCTURED, b'{"specversion":1}', "invalid_field", "$.specversion", "specversion must be 1.0."),
        (CE, b"[]", "invalid_data", "$.data", "data must be an object."),
        (CE, b"not json", "unreadable", "$", "The record must be JSON: invalid character (byte 4)."),
        (CE, DEEP, "unreadable", "$", "The record must not be nested deeper than 256 levels."),
    ],
)
def test_a_broken_cloudevent_has_its_reason_and_its_words(
    headers: Any, value: bytes, reason: str, path: str, detail: str
) -> None:
    rejection = refused(value, headers=headers)
    assert (rejection.reason, rejection.path, rejection.detail) == (reason, path, detail)


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (b'{"id":"\xff"}', "The record must be valid UTF-8."),
        (b'{"id":1e400}', "A number in the record is beyond 64 bits."),
        (b"[1]", "The record must be one JSON object."),
        (b"{", "The record must be JSON: Input data was truncated."),
    ],
)
def test_what_cannot_be_read_is_told_why(value: bytes, detail: str) -> None:
    rejection = refused(value)
    assert (rejection.reason, rejection.path, rejection.detail) == ("unreadable", "$", detail)


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_the_schema_that_a_cloudevent_names_is_the_one_that_counts(mode: str) -> None:
    event = {key.removeprefix("ce_"): value.decode() for key, value in CE}

    def judged(schema: str) -> Any:
        if mode == "binary":
            return judge(BODY, headers=[*CE, ("ce_dataschema", schema.encode())])
        value = event | {"dataschema": schema, "data": {"path": "/"}}
        return judge(json.dumps(value).encode(), headers=STRUCTURED)

    assert judged("page_viewed/1-0-7").schema == "page_viewed/1-0-7"
    assert judged("page_viewed/9-0-0").reason == "unknown_schema"


@pytest.mark.parametrize(
    "headers",
    [
        [*CE, ("content-type", None)],
        [*CE, ("content-type", b"text/json")],
        [*CE, ("ce_consent", b' ["analytics"]')],
        [*CE, ("ce_consent", b"analytics, functional")],
        [*CE, ("ce_note", None)],
        [*CE, ("ce_context", b'{"locale": "' + b"x" * 600 + b'"}')],
    ],
)
def test_what_a_cloudevent_may_look_like(headers: Any) -> None:
    assert accepted(BODY, headers=headers).identifiers == ("customer:42",)


def test_the_content_type_of_a_structured_event_is_read_in_any_case_and_with_parameters() -> None:
    event = {key.removeprefix("ce_"): value.decode() for key, value in CE} | {"data": {"path": "/"}}
    event["datacontenttype"] = "Application/JSON; charset=utf-8"
    assert accepted(json.dumps(event).encode(), headers=STRUCTURED)


def test_a_refusal_names_what_it_can_of_the_record() -> None:
    whole = refused(record(id="p1", source="pos", channel="pigeon"))
    assert (whole.source, whole.type, whole.id) == ("pos", "product_viewed", "p1")
    data = refused(record(id="p1", source="pos", data={}))
    assert (data.source, data.type, data.id) == ("pos", "product_viewed", "p1")
    dirty = refused(record(id="a\tb", source="pos"))
    assert (dirty.path, dirty.source, dirty.type, dirty.id) == ("$.id", "pos", "product_viewed", "")
    wrong = refused(record(id=7, source="pos"))
    assert (wrong.path, wrong.source, wrong.type, wrong.id) == ("$.id", "pos", "product_viewed", "")


@pytest.mark.parametrize(("field", "most"), [("source", 64), ("id", 128), ("type", 256)])
def test_a_refusal_names_nothing_that_is_too_long(field: str, most: int) -> None:
    named = [
        getattr(refused(record(**{field: "x" * n, "channel": "pigeon"})), field) for n in (most, most + 1)
    ]
    assert named == ["x" * most, ""]


@pytest.mark.parametrize("field", ["id", "source", "type"])
def test_a_control_character_is_told_where_it_stands(field: str) -> None:
    assert refused(record(**{field: "a\tb"})).path == f"$.{field}"


def test_a_schema_may_have_words_of_its_own_for_a_rule() -> None:
    told = refused(record("identity_linked", data={"from": "nobody", "to": "cart:1"}))
    assert told.detail.startswith(
        'data.from must be "kind:value" or {type, value}, of one of the kinds customer,'
    )


def test_what_a_value_must_be_is_told_in_words() -> None:
    assert refused(record("products_searched", data={"query": "a", "results_count": "b"})).detail == (
        "data.results_count must be a whole number."
    )
    assert refused(record(context=[])).detail == "context must be null or an object."


def test_what_identifiers_may_be_is_told() -> None:
    for listed, path, detail in (
        ("x", "", "must be a list of {type, value}."),
        (["x"], "[0]", "must be {type, value}."),
        ([{"type": "email", "value": 7}], "[0].value", "must be a string."),
        ([{"type": "order", "value": str(n)} for n in range(65)], "", "must have at most 64 entries."),
    ):
        told = refused(record(identifiers=listed))
        assert (told.path, told.detail) == (f"$.identifiers{path}", f"identifiers{path} {detail}")
    assert accepted(record(identifiers=[{"type": "order", "value": str(n)} for n in range(1, 65)]))
    assert accepted(record(customer="c" * 256)).identifiers == ("customer:" + "c" * 256,)


def test_a_misspelt_type_is_told_the_closest_and_a_strange_one_none() -> None:
    assert refused(record(type="Page Viewd")).detail.endswith("; the closest is page_viewed.")
    assert refused(record(type="zzz")).detail == "type must be one of the 82 types in schemas/interactions."


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=200),
    st.lists(
        st.tuples(st.sampled_from([*(key for key, _ in CE), "content-type"]), st.binary(max_size=20)),
        max_size=5,
    ),
)
def test_random_bytes_never_raise(value: bytes, headers: Any) -> None:
    assert isinstance(judge(value, headers=headers), Rejection)


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), st.binary(min_size=1, max_size=4)), max_size=4),
)
def test_mutated_records_never_raise(value: bytes, cuts: Any) -> None:
    for at, length, put in cuts:
        start = int(at * len(value))
        value = value[:start] + put + value[start + length :]
    assert isinstance(CONTRACT.admit(value, (), RECEIVED), Interaction | Rejection)


PERSONAL = "ada.lovelace@example.com"


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(
        [
            "email",
            "phone",
            "customer_id",
            "identifiers",
            "data",
            "context",
            "consent",
            "sent_at",
            "channel",
            "schema",
        ]
    ),
    st.sampled_from(
        [
            PERSONAL,
            [PERSONAL],
            {PERSONAL: 1},
            {"value": PERSONAL},
            [{"type": PERSONAL}],
            [{"type": "email", "value": [PERSONAL]}],
            PERSONAL + "\x00",
        ]
    ),
)
def test_no_refusal_repeats_a_value(field: str, value: Any) -> None:
    judged = judge(record(**{field: value}))
    if isinstance(judged, Rejection):
        assert "lovelace" not in judged.detail + judged.path


def test_a_refused_record_may_have_a_header_without_a_value() -> None:
    raw: Any = SimpleNamespace(
        topic="t", partition=0, offset=0, timestamp=RECEIVED, key=None, value=b"{", headers=(("x", None),)
    )
    admission = Admission(CONTRACT.admit, 1)
    admission.add([raw])
    assert admission.rejections[0].headers == '{"x":""}'
