"""docs/meaning.md names the test of each rule: those tests exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_every_test_that_the_page_names_exists() -> None:
    named = NAMED.findall((ROOT / "docs" / "meaning.md").read_text(encoding="utf-8"))
    assert len(named) > 25
    missing = [f"{file}::{name}" for file, name in named if name not in names_in(ROOT / file)]
    assert not missing
