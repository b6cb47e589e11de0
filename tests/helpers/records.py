"""Records as sources publish them, in one line: `record("product_viewed", customer="42", at="10:00")`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import contract
from pipeline.contract import Contract, Rules
from pipeline.core.interaction import Interaction, Rejection

KEY = b"a key that only the tests know.."
RECEIVED = int(datetime(2026, 3, 1, 10, 0, 2, tzinfo=UTC).timestamp() * 1000)
"""When the broker received the examples: two seconds after most of them happened."""

SCHEMAS = contract.find_schemas()
_CONTRACTS: dict[Rules, Contract] = {}


def contract_with(rules: Rules | None = None) -> Contract:
    """Give the contract of this checkout, compiled once for each set of rules."""
    wanted = rules or Rules()
    if wanted not in _CONTRACTS:
        _CONTRACTS[wanted] = contract.load(key=KEY, rules=wanted)
    return _CONTRACTS[wanted]


def example(kind: str, name: str = "minimal") -> dict[str, Any]:
    """Give a good example of a type."""
    file = SCHEMAS / "interactions" / kind / "examples" / "good" / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def record(
    kind: str = "product_viewed", *, customer: str | None = "42", at: str = "10:00", **members: Any
) -> dict[str, Any]:
    """Build a flat record, with the data of the type's minimal example unless `data` is given."""
    made = example(kind) | {"id": f"{kind}@{at}", "time": f"2026-03-01T{at}:00Z"}
    del made["sent_at"]
    made.pop("customer_id", None)
    if customer is not None:
        made["customer_id"] = customer
    made.update(members)
    return made


def judge(
    made: Any, *, headers: Any = (), received: int = RECEIVED, rules: Rules | None = None
) -> Interaction | Rejection:
    """Let admission judge a record, given as a value or as bytes."""
    value = made if isinstance(made, bytes) or made is None else json.dumps(made, ensure_ascii=False).encode()
    return contract_with(rules).admit(value, headers, received)


def accepted(made: Any, **how: Any) -> Interaction:
    """Give the interaction of a record that must be accepted."""
    judged = judge(made, **how)
    assert isinstance(judged, Interaction), judged
    return judged


def refused(made: Any, **how: Any) -> Rejection:
    """Give the rejection of a record that must be refused."""
    judged = judge(made, **how)
    assert isinstance(judged, Rejection), judged
    return judged


def examples(pattern: str) -> list[Path]:
    """Give the example files that match, in the order of their names."""
    return sorted(SCHEMAS.glob(pattern))
