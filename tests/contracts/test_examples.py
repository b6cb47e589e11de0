"""The schema files keep what they promise: every example gets the verdict that its place and name say."""

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest

from pipeline.core.interaction import KINDS, Interaction, Reason
from tests.helpers.records import RECEIVED, SCHEMAS, accepted, contract_with, examples, judge, refused

TYPES = sorted(file.parent.name for file in SCHEMAS.glob("interactions/*/1-0-0.json"))
GOOD = examples("**/examples/good/*.json")
BAD = examples("**/examples/bad/*.json")
REFUSALS = (SCHEMAS.parent / "docs" / "refusals.md").read_text(encoding="utf-8")
MODES = examples("envelope/examples/modes/*.json")

PASSIVE = {
    *(
        "message_delivered",
        "message_bounced",
        "survey_shown",
        "ticket_assigned",
        "ticket_solved",
        "contact_completed",
    ),
    *("invoice_issued", "shipment_status_changed", "delivery_promised", "item_out_of_stock", "points_earned"),
    *("tier_changed", "order_updated", "order_refunded", "return_received", "subscription_renewed"),
    "subscription_renewal_failed",
}
AREAS = {
    *("browsing", "search", "cart", "checkout", "order", "store", "guidance", "experiment", "account"),
    *("page health", "chat", "phone", "ticket", "messages", "survey", "feedback", "fulfilment", "billing"),
    *("consent", "privacy", "identity", "source health"),
}


def name(file: Path) -> str:
    return str(file.relative_to(SCHEMAS))


def schema(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (SCHEMAS / "interactions" / kind / "1-0-0.json").read_text(encoding="utf-8")
    )
    return found


def test_there_are_as_many_types_as_the_domain_names() -> None:
    assert len(TYPES) == 82


@pytest.mark.parametrize("file", GOOD, ids=name)
def test_a_good_example_is_accepted(file: Path) -> None:
    assert accepted(file.read_bytes()).data_json


@pytest.mark.parametrize("file", [file for file in BAD if file.parts[-4] == "envelope"], ids=name)
def test_a_bad_envelope_is_told_what_the_page_of_the_refusals_says(file: Path) -> None:
    told = refused(file.read_bytes())
    assert f"| `{told.reason}` | `{told.path}` | {told.detail} | `{file.stem}` |\n" in REFUSALS


@pytest.mark.parametrize("file", [file for file in BAD if file.parts[-4] != "envelope"], ids=name)
def test_a_bad_data_is_told_the_key_and_what_is_allowed(file: Path) -> None:
    what, _, key = file.stem.partition(".")[2].partition("_")
    told = refused(file.read_bytes())
    assert told.path == f"$.{told.detail.partition(' ')[0]}"
    assert told.path.startswith(f"$.data.{key}")
    assert told.detail.endswith(" is required.") == (what == "no")


@pytest.mark.parametrize("file", BAD, ids=name)
def test_a_bad_example_gets_the_reason_that_its_name_says(file: Path) -> None:
    rejection = refused(file.read_bytes())
    assert rejection.reason == file.name.partition(".")[0], rejection
    assert rejection.path.startswith("$")
    assert rejection.detail.endswith(".")


def test_examples_get_the_same_verdict_whenever_they_are_judged() -> None:
    much_later = RECEIVED + 3_000 * 86_400_000
    for file in [*GOOD, *BAD]:
        judged = [judge(file.read_bytes(), received=received) for received in (RECEIVED, much_later)]
        assert len({getattr(each, "reason", "") for each in judged}) == 1, file


def test_every_reason_but_those_of_bytes_has_an_example() -> None:
    assert {file.name.partition(".")[0] for file in BAD} == {*get_args(Reason)} - {"too_large", "unreadable"}


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_a_description_an_area_and_examples(kind: str) -> None:
    found = schema(kind)
    assert found["title"] == kind
    assert found["description"].endswith(".")
    assert found["x-area"] in AREAS
    folder = SCHEMAS / "interactions" / kind / "examples"
    assert (folder / "good" / "minimal.json").exists()
    assert (folder / "good" / "full.json").exists()
    asks = bool(found.get("required") or found.get("anyOf"))
    assert any((folder / "bad").glob("*.json")) or not asks


@pytest.mark.parametrize("kind", TYPES)
def test_every_schema_is_json_schema(kind: str) -> None:
    jsonschema_rs.meta.validate(schema(kind))


def test_the_types_of_the_domain_are_passive_and_no_others() -> None:
    assert {kind for kind in TYPES if schema(kind).get("x-passive") is True} == PASSIVE


def test_the_list_of_identifiers_knows_the_kinds_of_the_code() -> None:
    envelope = json.loads((SCHEMAS / "envelope" / "1-0-0.json").read_text(encoding="utf-8"))
    assert tuple(envelope["properties"]["identifiers"]["items"]["properties"]["type"]["enum"]) == KINDS


def test_three_ways_to_send_give_the_same_interaction() -> None:
    judged = []
    for file in MODES:
        sent = json.loads(file.read_text(encoding="utf-8"))
        headers = [(key, value.encode()) for key, value in sent["headers"].items()]
        judged.append(judge(sent["value"], headers=headers))
    assert len(judged) == 3
    assert isinstance(judged[0], Interaction)
    assert judged[0] == judged[1] == judged[2]


def test_no_example_leaves_a_personal_value_behind() -> None:
    for file in GOOD:
        text = repr(accepted(file.read_bytes())).lower()
        assert "ada@" not in text, file
        assert "301234" not in text, file
        assert "30 1234" not in text, file


def test_the_newest_schema_is_in_force_without_one() -> None:
    newest = contract_with().terms.catalogue.newest
    assert {kind: accepted(minimal(kind)).schema for kind in TYPES} == {
        kind: newest[kind].name for kind in TYPES
    }


def minimal(kind: str) -> bytes:
    return (SCHEMAS / "interactions" / kind / "examples" / "good" / "minimal.json").read_bytes()
