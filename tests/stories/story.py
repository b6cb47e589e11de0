"""Stories: what some customers did, and by hand what the tables must then say.

    python -m tests.stories.story > stories.ndjson     # all that is told, in order, for cxstream publish

What comes in: `*.yaml` beside this file; README.md beside it says how one is written. What goes out: records as sources
publish them, and the story's expectation in the same plain form that `told` gives of rows.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from pipeline.core.identifiers import PERSONAL
from pipeline.core.message import THING_KINDS
from pipeline.core.row import FrictionRow, JourneyRow, SessionRow, TouchpointRow
from tests.helpers.records import example

HERE: Final = Path(__file__).parent
YEAR: Final = 2025
_BELONGS: Final = {*(f"{kind}_id" for kind in THING_KINDS), "about_type", "about_id"}
"""What an example's data must not lend to a story: it would tie stories to one another."""

Said = dict[str, list[dict[str, Any]]]
"""Sessions, journeys, frictions and what is no step, each a list of plain mappings in the order of time."""


class Story(NamedTuple):
    """One story."""

    name: str
    records: list[dict[str, Any]]
    """Flat JSON, in the order of the story."""
    said: Said
    """By hand."""

    def clear(self, pseudonym: Callable[[str], str]) -> Callable[[str], str]:
        """Give what turns a hashed e-mail or phone of the story back into what the story wrote."""
        plain = [f"{kind}:{one[kind]}" for one in self.records for kind in PERSONAL if kind in one]
        known = {pseudonym(identifier): identifier for identifier in plain}
        return lambda identifier: known.get(identifier, identifier)


def all_records() -> list[dict[str, Any]]:
    """Give what all stories tell, in order of time; w1 of one story is not w1 of another."""
    records = [{**one, "id": f"{path.stem}.{one['id']}"} for path in paths() for one in load(path).records]
    return sorted(records, key=lambda one: one["time"])


def paths() -> list[Path]:
    """Give the files of all stories."""
    return sorted(HERE.glob("*.yaml"))


@lru_cache
def load(path: Path) -> Story:
    """Read a story."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    records = [_record(one) for one in document["told"]]
    return Story(path.stem, records, {part: document[part] for part in PARTS})


def _record(one: Mapping[str, Any]) -> dict[str, Any]:
    members = dict(one)
    source, _, channel = members.pop("in").partition("/")
    at = _moment(members.pop("at"))
    usual = {
        name: value
        for name, value in example(members["type"]).get("data", {}).items()
        if name not in _BELONGS
    }
    data = usual | {name: _money(value) for name, value in members.pop("data", {}).items()}
    return {"time": at, "source": source, "channel": channel, "data": data} | members


def _money(value: Any) -> Any:
    """Read "4990 EUR" as an amount of money; all else stays."""
    if isinstance(value, str) and (found := re.fullmatch(r"(-?\d+) ([A-Z]{3})", value)):
        return {"amount": int(found[1]), "currency": found[2]}
    return value


def _moment(at: str) -> int:
    day, _, clock = at.partition(" ")
    text = f"{YEAR}-{day}T{clock if clock.count(':') > 1 else clock + ':00'}+00:00"
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _shown(at: int) -> str:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return (
        moment.strftime("%m-%d %H:%M:%S").removesuffix(":00")
        if moment.second
        else moment.strftime("%m-%d %H:%M")
    )


def told(rows: Iterable[object], clear: Callable[[str], str]) -> Said:
    """Give rows in a story's form; `clear` gives a customer's name as the story writes it."""
    found = list(rows)
    touchpoints = sorted(
        (r for r in found if isinstance(r, TouchpointRow)), key=lambda r: (r.time, r.source, r.id)
    )
    sessions = sorted((r for r in found if isinstance(r, SessionRow)), key=lambda r: (r.started, r.customer))
    journeys = [r for r in found if isinstance(r, JourneyRow)]
    frictions = sorted(
        (r for r in found if isinstance(r, FrictionRow)), key=lambda r: (r.time, r.source, r.id, r.kind)
    )
    steps = {r.journey_id: [s for s in touchpoints if s.journey_id == r.journey_id] for r in journeys}
    journeys.sort(key=lambda r: (r.started, steps[r.journey_id][0].id))
    return {
        "sessions": [_session(r, touchpoints) | {"customer": clear(r.customer)} for r in sessions],
        "journeys": [_journey(r, steps[r.journey_id]) | {"customer": clear(r.customer)} for r in journeys],
        "frictions": [_friction(r) | {"customer": clear(r.customer)} for r in frictions],
        "apart": [{"customer": clear(r.customer), "of": r.id} for r in touchpoints if not r.journey_id],
    }


PARTS: Final = tuple(told((), str))


def _session(row: SessionRow, touchpoints: list[TouchpointRow]) -> dict[str, Any]:
    return {
        "from": _shown(row.started),
        "to": _shown(row.ended),
        "holds": " ".join(t.id for t in touchpoints if t.session_id == row.session_id),
        "interactions": row.interactions,
        "channels": " ".join(row.channels),
        "orders": row.orders,
        "frictions": row.frictions,
    }


def _journey(row: JourneyRow, steps: list[TouchpointRow]) -> dict[str, Any]:
    return {
        "outcome": row.outcome,
        "stage": row.stage,
        "order": row.order_id,
        "value": "" if row.value is None else f"{row.value} {row.currency}",
        "closes": _shown(row.closes_at),
        "channels": " ".join(row.channels),
        "sessions": row.sessions,
        "frictions": row.frictions,
        "contacts": row.contacts,
        "first_touch": row.first_touch,
        "last_touch": row.last_touch,
        "steps": [f"{s.id} {s.stage} {s.why}" for s in steps],
    }


def _friction(row: FrictionRow) -> dict[str, Any]:
    return {
        "of": row.id,
        "kind": row.kind,
        "at": _shown(row.time),
        "absence": bool(row.absence),
        "score": round(row.score, 2),
        "crossed": bool(row.crossed),
        "streak": row.streak,
        "good_again": None if row.streak_ended_at is None else _shown(row.streak_ended_at),
    }


if __name__ == "__main__":
    for record in all_records():
        sys.stdout.write(json.dumps(record) + "\n")
