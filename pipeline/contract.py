"""The contract, from its files: finds and reads schemas/, compiles it.

What comes in: the schema files of the checkout or of the installed package. What goes out: a Contract.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.core.contract import Contract
from pipeline.core.draft import Rules
from pipeline.core.typed import SchemaError

__all__ = ["Contract", "Rules", "SchemaError", "find_schemas", "load"]

_VERSION_FILES: Final = "*/[0-9]*-[0-9]*-[0-9]*.json"


def find_schemas() -> Path:
    """Give the directory of the schema files. Raises FileNotFoundError."""
    here = Path(__file__).resolve().parent
    for candidate in (here / "_schemas", here.parent / "schemas"):
        if (candidate / "envelope").is_dir():
            return candidate
    raise FileNotFoundError(f"no schemas: neither {here / '_schemas'} nor {here.parent / 'schemas'} has them")


def load(
    *, key: bytes, key_id: str = "k1", rules: Rules | None = None, schemas: Path | None = None
) -> Contract:
    """Compile the contract. `key` is the secret of the pseudonyms. Raises SchemaError, FileNotFoundError."""
    root = schemas or find_schemas()
    interactions = root / "interactions"
    files = sorted(interactions.glob(_VERSION_FILES))
    return Contract(
        envelope=_read(max((root / "envelope").glob("*.json"))),
        definitions=_read(interactions / "definitions.json"),
        types={f"{file.parent.name}/{file.stem}": _read(file) for file in files},
        blocked=(root / "blocked.txt").read_text(encoding="utf-8").splitlines(),
        key=key,
        key_id=key_id,
        rules=rules,
    )


def _read(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SchemaError(f"{file} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise SchemaError(f"{file} must be one JSON object")
    return document
