"""docs/producing.md says what is so."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from pipeline.contract import load
from pipeline.core.interaction import Interaction, Reason
from pipeline.core.moment import moment
from pipeline.emit.lines import line_of

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "producing.md").read_text()


def blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found


@pytest.mark.parametrize("block", blocks("json"))
def test_its_json_is_accepted(block: str) -> None:
    line = line_of(block.encode())
    admitted = load(key=b"k" * 16).admit(line.value, line.headers, moment(json.loads(block)["time"]) or 0)
    assert isinstance(admitted, Interaction), admitted


def test_its_python_is_the_example_that_is_run() -> None:
    assert (DOCS / "examples" / "ten_lines.py").read_text().endswith(blocks("python")[0])


def test_it_lists_the_reasons_in_their_order() -> None:
    listed = PAGE.partition("## What is refused")[2].partition(".\n")[0]
    assert re.findall(r"`(\w+)`", listed)[: len(get_args(Reason))] == list(get_args(Reason))


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
