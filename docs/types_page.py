"""Write docs/types.md from the schema files.

python docs/types_page.py          writes it
python docs/types_page.py --check  exits with 1 if it is not current
"""

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INTERACTIONS = HERE.parent / "schemas" / "interactions"

HEAD = """\
# Interaction types

Made from `schemas/interactions` by `python docs/types_page.py`; a test holds it current. Fields of `data` in bold are required; a
correlation id may stand at the top level instead. Every file has examples beside it. *p*: passive, the customer neither did nor saw it.

"""


def page() -> str:
    """Give docs/types.md."""
    schemas = [
        json.loads(file.read_text(encoding="utf-8")) for file in sorted(INTERACTIONS.glob("*/1-0-0.json"))
    ]
    schemas.sort(key=lambda schema: schema["x-area"])
    parts = [HEAD]
    for area, members in groupby(schemas, key=lambda schema: schema["x-area"]):
        parts.append(f"## {area.capitalize()}\n\n| type | | data | meaning |\n|---|---|---|---|\n")
        parts.extend(f"| {' | '.join(row(schema))} |\n" for schema in members)
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


def row(schema: dict[str, Any]) -> tuple[str, str, str, str]:
    """Give the cells of one type."""
    required = {*schema.get("required", ())}
    one_of = [branch["required"][0] for branch in schema.get("anyOf", ())]
    fields = [
        f"**{name}**" if name in required else name
        for name in schema.get("properties", {})
        if name not in one_of
    ]
    if one_of:
        fields.insert(0, f"**{'** or **'.join(one_of)}**")
    return f"`{schema['title']}`", passive(schema.get("x-passive")), ", ".join(fields), schema["description"]


def passive(flag: Any) -> str:
    """Say when a type is passive."""
    if isinstance(flag, dict):
        return "*p* if " + "; ".join(
            f"with {values}" if key == "carries" else f"{key} {' or '.join(values)}"
            for key, values in flag.items()
        )
    return "*p*" if flag else ""


def main() -> int:
    """Write or compare."""
    file = HERE / "types.md"
    if "--check" in sys.argv:
        return 0 if file.read_text(encoding="utf-8") == page() else 1
    file.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
