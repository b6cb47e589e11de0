"""A new type is a new file; a file that says what the pipeline cannot check refuses at start."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.contract import Contract, SchemaError, find_schemas, load
from pipeline.core.interaction import Interaction, Rejection
from tests.helpers.records import KEY, RECEIVED, SCHEMAS


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """Give a small copy of the schema files."""
    shutil.copytree(SCHEMAS / "envelope", tmp_path / "envelope")
    shutil.copytree(SCHEMAS / "interactions" / "cart_viewed", tmp_path / "interactions" / "cart_viewed")
    shutil.copy(SCHEMAS / "interactions" / "definitions.json", tmp_path / "interactions")
    shutil.copy(SCHEMAS / "blocked.txt", tmp_path)
    return tmp_path


def add(schemas: Path, name: str, **schema: Any) -> Contract:
    file = schemas / "interactions" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps({"title": name, "x-area": "store", "type": "object", **schema}), encoding="utf-8"
    )
    return load(key=KEY, schemas=schemas)


def judge(contract: Contract, kind: str, data: Any, **more: Any) -> Interaction | Rejection:
    made = {
        "id": "1",
        "source": "pos",
        "type": kind,
        "time": RECEIVED,
        "channel": "store",
        "customer_id": "42",
    }
    return contract.admit(json.dumps({**made, "data": data, **more}).encode(), (), RECEIVED)


def test_a_new_type_is_a_new_file(schemas: Path) -> None:
    fitting = {
        "shoe_tried/1-0-0": {"required": ["size"], "properties": {"size": {"type": "integer", "minimum": 15}}}
    }
    [(name, schema)] = fitting.items()
    contract = add(schemas, name, **schema)
    made = judge(contract, "shoe_tried", {"size": 42})
    assert isinstance(made, Interaction)
    assert (made.area, made.schema) == ("store", "shoe_tried/1-0-0")
    small = judge(contract, "shoe_tried", {"size": 3})
    assert isinstance(small, Rejection)
    assert small.detail == "data.size must be at least 15."
    assert isinstance(judge(load(key=KEY), "shoe_tried", {"size": 42}), Rejection)


def test_without_a_schema_the_newest_counts_and_a_named_model_its_newest(schemas: Path) -> None:
    add(schemas, "shoe_tried/1-0-0", required=["size"], properties={"size": {"type": "integer"}})
    add(
        schemas,
        "shoe_tried/1-0-10",
        required=["size"],
        properties={"size": {"type": "integer", "minimum": 9}},
    )
    contract = add(schemas, "shoe_tried/2-0-0", required=["sizes"], properties={"sizes": {"type": "string"}})

    def schema_of(data: Any, **more: Any) -> str:
        made = judge(contract, "shoe_tried", data, **more)
        return made.schema if isinstance(made, Interaction) else made.reason

    assert schema_of({"sizes": "42"}) == "shoe_tried/2-0-0"
    assert schema_of({"size": 5}) == "invalid_data"
    assert schema_of({"size": 5}, schema="shoe_tried/1-0-0") == "shoe_tried/1-0-0"
    assert schema_of({"size": 5}, schema="shoe_tried/1-0-10") == "invalid_data"
    assert schema_of({"size": 5}, schema="shoe_tried/1-1-0") == "invalid_data"
    assert schema_of({"size": 9}, schema="shoe_tried/1-1-0") == "shoe_tried/1-1-0"
    assert schema_of({"size": 9}, schema="shoe_tried/3-0-0") == "unknown_schema"


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"size": {"type": "integer", "multipleOf": 2}}},
        {"properties": {"size": {"not": {"type": "null"}}}},
        {"properties": {"size": {}}},
        {"properties": {"size": {"$ref": "../definitions.json#/$defs/nothing"}}},
        {"properties": {"size": {"type": "integer"}}, "required": ["colour"]},
        {"anyOf": [{"required": ["size"]}, {"required": ["colour"]}]},
        {"x-area": 5},
    ],
)
def test_a_schema_that_cannot_be_checked_whole_refuses_at_start(schemas: Path, schema: Any) -> None:
    with pytest.raises(SchemaError):
        add(schemas, "shoe_tried/1-0-0", **schema)


def test_a_broken_file_is_named(schemas: Path) -> None:
    (schemas / "interactions" / "cart_viewed" / "1-0-0.json").write_text("{", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"cart_viewed.1-0-0\.json is no JSON"):
        load(key=KEY, schemas=schemas)


def test_the_schemas_of_the_checkout_are_found() -> None:
    assert (find_schemas() / "blocked.txt").is_file()
