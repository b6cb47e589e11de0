"""The shortcut and the steps: whatever comes, both say the same; and sound records do take the shortcut."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.draft import Draft
from pipeline.core.interaction import Interaction, Rejection
from pipeline.core.steps import run
from tests.contracts.test_agreement import JUNK, QUICK, SCHEMAS, TERMS, perhaps_broken
from tests.helpers.records import RECEIVED, contract_with, example, examples, record

CONTRACT = contract_with()
GOOD = examples("interactions/*/examples/good/*.json")
BY_HAND = {"identity_linked", "identity_unlinked"}
STRUCTURED = (("content-type", b"application/cloudevents+json"),)
NUMBERS = (
    "3.0",
    "1e2",
    "-0",
    "-0.0",
    "0.5",
    "1e-6",
    "1e999",
    "18446744073709551616",
    "-9223372036854775809",
    "01",
    "1E1",
)


def agreed(value: bytes, headers: Any = (), received: int = RECEIVED) -> bool:
    """Check that both say the same; tell whether the shortcut was taken."""
    short = CONTRACT.shortcut.admit(value, headers, received)
    told = run(CONTRACT.terms, Draft(value, headers, received))
    assert short is None or short == told, value
    assert CONTRACT.admit(value, headers, received) == told
    return short is not None


def agreed_in_all_modes(made: dict[str, Any]) -> None:
    """Check a flat record, and the two kinds of CloudEvents that say the same."""
    agreed(json.dumps(made).encode())
    agreed(json.dumps(made, ensure_ascii=False, indent=1).encode())
    event = {name if name == "data" else name.replace("_", ""): value for name, value in made.items()}
    event = {"specversion": "1.0", **event, "type": f"com.example.{made.get('type')}"}
    agreed(json.dumps(event).encode(), STRUCTURED)
    data = event.pop("data", None)
    headers = [(f"ce_{name}", header(value)) for name, value in event.items()]
    agreed(json.dumps(data).encode(), headers)


def header(value: Any) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")


def decoded(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_of_any_data_both_say_the_same(kind: str) -> None:
    @settings(QUICK, max_examples=15)
    @given(
        perhaps_broken(SCHEMAS[kind].document),
        st.dictionaries(st.sampled_from(["order_id", "cart_id", "email", "new", "ß", "𝄞"]), JUNK, max_size=2),
        st.sampled_from([{}, {}, {"customer_id": None}, {"order_id": "O-1"}, {"survey_id": "guest"}]),
    )
    def agree(data: dict[str, Any], more: dict[str, Any], ids: dict[str, Any]) -> None:
        agreed_in_all_modes(record(kind) | ids | {"data": {**data, **more} if more else data})

    agree()


@settings(QUICK, max_examples=400)
@given(perhaps_broken(TERMS.reader.schema._document), st.sampled_from(sorted(SCHEMAS)))
def test_of_any_envelope_both_say_the_same(members: dict[str, Any], kind: str) -> None:
    agreed_in_all_modes(record(kind) | members)
    agreed_in_all_modes(record(kind) | members | {"type": kind, "schema": None, "dataschema": None})
    sound = ("context", "consent", "identifiers", "email", "phone", "order_id", "sent_at", "channel")
    agreed_in_all_modes(record(kind) | {name: members[name] for name in sound if name in members})


@settings(QUICK, max_examples=600)
@given(
    st.sampled_from([file.read_bytes() for file in examples("**/examples/*/*.json")]),
    st.integers(0, 2000),
    st.one_of(
        st.binary(max_size=3), st.sampled_from([b"\\", b'"', b"\x7f", b"\\u202e", b'"id":"x",', b"[{", b"0"])
    ),
    st.integers(0, 3),
)
def test_of_mutated_bytes_both_say_the_same(value: bytes, at: int, put: bytes, cut: int) -> None:
    at %= len(value)
    agreed(value[:at] + put + value[at + cut :])


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_in_any_spelling_mean_the_same_on_both_ways(number: str) -> None:
    for kind, schema in SCHEMAS.items():
        made = {"data": {}} | record(kind)
        for name in [*schema.document.get("properties", {}), "unknown"]:
            agreed(json.dumps(made | {"data": made["data"] | {name: "@"}}).replace('"@"', number).encode())
        agreed(json.dumps(made | {"context": {"new": "@"}}).replace('"@"', number).encode())
        agreed(json.dumps(made | {"unknown": "@"}).replace('"@"', number).encode())
        agreed(json.dumps(made | {"time": "@"}).replace('"@"', number).encode())


@pytest.mark.parametrize("file", GOOD, ids=lambda file: f"{file.parts[-4]}-{file.stem}")
def test_a_sound_record_takes_the_shortcut(file: Path) -> None:
    assert agreed(file.read_bytes()) == (file.parts[-4] not in BY_HAND and not holds_personal(decoded(file)))


def holds_personal(made: dict[str, Any]) -> bool:
    said = json.dumps([made.get("data"), made.get("context")])
    return '"email":' in said or '"phone":' in said


def test_what_a_schema_does_not_name_is_no_reason_to_leave_the_shortcut() -> None:
    made = record("product_viewed", context={"country": "TH", "ip": 1.5})
    made["data"] |= {"new": [1.0, {"b": 2, "a": 1}]}
    assert agreed(json.dumps(made | {"new": 1}).encode())


def test_every_type_but_those_by_hand_has_a_closed_schema() -> None:
    assert {kind for kind, schema in SCHEMAS.items() if schema.closed is None} <= BY_HAND


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_what_a_closed_schema_decodes_it_encodes_with_its_members_in_order(kind: str) -> None:
    full = example(kind, "full")["data"]
    named = {
        name: value for name, value in full.items() if name in SCHEMAS[kind].document.get("properties", {})
    }
    if kind not in BY_HAND:
        text = msgspec.json.encode(SCHEMAS[kind].decode_closed(json.dumps(named).encode()))
        assert text == json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_number_beyond_all_bounds_among_many_brackets_is_refused_and_not_raised() -> None:
    value = json.dumps(record("page_viewed") | {"x": "@"}).replace('"@"', "[1e999," + "{}," * 300 + "{}]")
    told = CONTRACT.admit(value.encode(), (), RECEIVED)
    assert isinstance(told, Rejection)
    assert told.reason == "unreadable"


def test_a_record_of_many_lines_is_no_reason_to_doubt_it() -> None:
    lines = [
        {"product_id": f"P-{n}", "price": {"amount": 1, "currency": "EUR"}, "quantity": 1} for n in range(90)
    ]
    made = record("order_completed")
    value = json.dumps(made | {"data": made["data"] | {"products": lines}}).encode()
    agreed(value)
    assert isinstance(CONTRACT.admit(value, (), RECEIVED), Interaction)
