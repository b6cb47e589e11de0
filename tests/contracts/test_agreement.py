"""One source of truth: the decoders made from the schema files and jsonschema-rs accept the same values."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.canonical import decode
from pipeline.core.interaction import Rejection
from tests.helpers.records import contract_with, judge, record

TERMS = contract_with().terms
SCHEMAS = TERMS.catalogue.newest
DEFINITIONS = TERMS.catalogue.definitions["$defs"]
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

JUNK = st.one_of(
    st.sampled_from(
        [None, True, False, "", "x", "EUR\n", "x" * 257, "x" * 70_000, "customer:42\n", "passport:1", [], {}]
    ),
    st.sampled_from(
        [0, 1, 1.0, 2.5, -1, -1.0, 11, 10.5, -1001, 1001, 1_000_001, 31_622_401, 2**53, -(2**63), 2**64 - 1]
    ),
    st.sampled_from(
        [
            {"amount": 1},
            {"amount": 1, "currency": "XXQ"},
            {"type": "customer"},
            {"type": "x", "value": "y"},
            [1],
        ]
    ),
    st.sampled_from(["2026-03-01", "2026-02-30T10:00:00Z", "2026-03-01T10:00:00Z", 1772359200000.5]),
    st.text(max_size=4),
)
ABSENT = object()


def fitting(schema: Any) -> st.SearchStrategy[Any]:
    """Give values that fit the schema."""
    if "$ref" in schema:
        return fitting(DEFINITIONS[schema["$ref"].rpartition("/")[2]])
    if schema.get("format") == "moment":
        return st.sampled_from(["2026-03-01T10:00:00+01:00", 1772359200000, 1.0e12])
    if "anyOf" in schema and "properties" not in schema:
        return st.one_of(*[fitting(each) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return st.one_of(*[fitting_one(kind, schema) for kind in kinds])


def fitting_one(kind: str, schema: Any) -> st.SearchStrategy[Any]:
    if kind == "object":
        members = {name: fitting(child) for name, child in schema.get("properties", {}).items()}
        required = {name: members.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=members)
    if kind == "array":
        return st.lists(fitting(schema["items"]), min_size=schema.get("minItems", 0), max_size=2)
    if kind == "string":
        texts = st.text(min_size=schema.get("minLength", 0), max_size=9)
        return st.sampled_from(["customer:42", "order:O-7"]) if "pattern" in schema else texts
    if kind == "null":
        return st.none()
    low, high = schema.get("minimum", -5), schema.get("maximum", 5)
    return st.sampled_from([low, high, float(low)] + ([low + 0.5] if kind == "number" else []))


def places(value: Any) -> list[tuple[Any, ...]]:
    """Give the path of every member, at any depth."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path for key, child in children for path in [(key,), *((key, *rest) for rest in places(child))]]


def changed(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """Give the value with junk in one place, or without that member."""
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[key] = changed(copy[key], tuple(rest), junk)
    elif junk is ABSENT:
        del copy[key]
    else:
        copy[key] = junk
    return copy


def perhaps_broken(schema: Any) -> st.SearchStrategy[Any]:
    """Give values that fit, or would if it were not for one place."""

    def broken(value: Any) -> st.SearchStrategy[Any]:
        paths = places(value)
        if not paths:
            return st.just(value)
        one = st.builds(
            changed, st.just(value), st.sampled_from(paths), st.one_of(JUNK, JUNK, st.just(ABSENT))
        )
        return st.one_of(st.just(value), one, one)

    return fitting_one("object", {key: child for key, child in schema.items() if key != "anyOf"}).flatmap(
        broken
    )


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_decoder_and_json_schema_agree(kind: str) -> None:
    schema = SCHEMAS[kind]

    @QUICK
    @given(perhaps_broken(schema.document))
    def agree(data: dict[str, Any]) -> None:
        ids = [data.get(field) for fields in schema.required_ids for field in fields]
        if schema.pair or any(isinstance(each, str) and TERMS.identifiers.is_blocked(each) for each in ids):
            fits = shape_fits(schema, data)
        else:
            judged = judge(record(kind, data=data))
            fits = not (isinstance(judged, Rejection) and judged.reason == "invalid_data")
        assert fits == schema.validator.is_valid(decoded(data)), data

    agree()


def decoded(data: Any) -> Any:
    """Give the value as admission sees it: 3.0 is 3."""
    return decode(msgspec.json.encode(data))


def shape_fits(schema: Any, data: Any) -> bool:
    groups = all(any(field in data for field in fields) for fields in schema.required_ids)
    try:
        msgspec.convert(decoded(data), schema.shape, dec_hook=schema.dec_hook)
    except msgspec.ValidationError:
        return False
    return groups


@settings(QUICK, max_examples=400)
@given(perhaps_broken(TERMS.reader.schema._document))
def test_the_envelopes_two_shapes_and_its_schema_agree(members: dict[str, Any]) -> None:
    members = decoded(members)
    reader = TERMS.reader
    schema = reader.schema
    try:
        envelope: Any = msgspec.convert(members, schema.strict)
        msgspec.convert(envelope.context or {}, schema.context)
    except msgspec.ValidationError:
        if schema.fault_in(members) is None:
            msgspec.convert(members, schema.loose)
        return
    fault = schema.fault_in(members)
    assert fault is None or "direction marks" in fault.detail  # of which a step takes care
