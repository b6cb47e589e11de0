"""A story as lines for a terminal: a rule for each journey, a border where a session or a stage begins.

What comes in: a story. What goes out: text, coloured on a terminal and plain elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TextIO

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from pipeline.cli.certainty import LEGEND
from pipeline.cli.frictions import cause_of
from pipeline.cli.money import money
from pipeline.cli.render import plain
from pipeline.cli.story import Record, Story

STAGE: Final = {
    "discover": "cyan",
    "consider": "blue",
    "intend": "magenta",
    "check out": "yellow",
    "purchased": "green",
    "delivered": "green",
    "served": "yellow",
    "returned": "red",
}
WIDTH: Final = 110
"""Columns where the output is no terminal."""
LONG: Final = 86_400
"""Seconds of silence that get a line of their own."""
_GAP: Final = 12
"""Columns for the time since the step before."""

Shown = Mapping[tuple[str, str], list[Record]]
"""(source, id) of an interaction → frictions that it shows."""

_SPANS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def show(story: Story, stream: TextIO) -> None:
    """Write the whole story."""
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else WIDTH, soft_wrap=True)
    console.print(Text(plain(story.customer), "bold"))
    if story.known_as:
        console.print(Text(f"known as {plain(story.known_as)}", "dim"))
    console.print(Text(_summary(story)))
    if any(step["certainty"] for step in story.touchpoints):
        console.print(Text(LEGEND, "dim"))
    shown = story.shown_by()
    sessions = {session["session_id"]: session for session in story.sessions}
    for number, (journey, steps) in enumerate(story.chapters(), 1):
        console.print()
        title = _title(journey, number, len(story.journeys)) if journey else "in no journey"
        console.print(Rule(Text(title, "bold"), align="left", style="dim"))
        if journey:
            console.print(Text(_details(journey)))
        for line in _lines(steps, sessions, shown):
            console.print(line)


def _summary(story: Story) -> str:
    totals = story.totals
    recent, streak = totals.get("frictions_90_days", 0), totals.get("streak", 0)
    counts = (
        count(len(story.journeys), "journey"),
        count(len(story.sessions), "session"),
        count(len(story.touchpoints), "touchpoint"),
        count(totals.get("orders", 0), "order"),
        f"{count(len(story.frictions), 'friction')}, {recent:,} in 90 days, streak {streak:,}",
    )
    return " · ".join(counts)


def _title(journey: Record, number: int, of: int) -> str:
    return f"journey {number} of {of} · {journey['outcome']} · {journey['stage']}"


def _details(journey: Record) -> str:
    ended = plain(journey["ended"])[:16] or "open"
    parts = [f"{plain(journey['started'])[:16]} → {ended}", " → ".join(map(plain, journey["channels"]))]
    if journey["order_id"]:
        parts.append(f"order {plain(journey['order_id'])}")
    if journey["value"] is not None:
        parts.append(money(journey["value"], journey["currency"]))
    parts += [count(journey[f"{what}s"], what) for what in ("friction", "contact") if journey[f"{what}s"]]
    return " · ".join(part for part in parts if part)


def _lines(steps: list[Record], sessions: dict[str, Record], shown: Shown) -> Iterator[Text]:
    session_id = stage = day = ""
    for step in steps:
        if "absence" in step:
            yield _absence(step)
            continue
        if (step["gap_seconds"] or 0) > LONG:
            yield Text(f"┊ {span(step['gap_seconds'])} of silence", "dim")
        if step["session_id"] and step["session_id"] != session_id:
            session_id = step["session_id"]
            yield Text(f"┌ {_session(sessions.get(session_id))}", "dim")
        if step["stage"] and step["stage"] != stage:
            stage = step["stage"]
            yield Text.assemble(("├─ ", "dim"), (stage, f"bold {STAGE.get(stage, 'white')}"))
        today = plain(step["time"])[:10]
        yield _step(step, shown.get((step["source"], step["id"]), []), day="" if today == day else today)
        day = today


def _session(session: Record | None) -> str:
    if session is None:
        return "session"
    channels = " → ".join(map(plain, session["channels"]))
    lasted = span((session["ended"] - session["started"]).total_seconds())
    return f"session · {channels} · {lasted} · {count(session['interactions'], 'interaction')}"


def _absence(friction: Record) -> Text:
    line = Text.assemble(
        ("│ ", "dim"), (f"{friction['time']:%Y-%m-%d} ", "bold"), f"{_clock(friction['time'])}  "
    )
    return line.append(f"{'':{_GAP}}  ✗ {cause_of(friction)}", "bold red")


def _step(step: Record, frictions: Sequence[Record], day: str) -> Text:
    line = Text.assemble(("│ ", "dim"), (f"{day:10} ", "bold"), f"{_clock(step['time'])}  ")
    gap = step["gap_seconds"]
    line.append(f"{'' if gap is None else '+' + span(gap):>{_GAP}}  ", "dim")
    mark = "→ " if step["channel_changed"] else "  "
    line.append(f"{mark}{plain(step['channel']):8}", "bold" if step["channel_changed"] else "")
    line.append(f"{plain(step['type']):28}", "dim" if step["passive"] else "")
    line.append(f"{plain(step['why']):12}{step['certainty']:15}", "dim")
    for friction in frictions:
        line.append(f"✗ {plain(cause_of(friction))} ", "bold red")
    line.rstrip()
    return line


def _clock(time: datetime) -> str:
    return time.strftime("%H:%M:%S")


def span(seconds: float) -> str:
    """A stretch of time in its largest unit and the next: 2 d 3 h, 5 min 10 s, 0 s."""
    left, parts = int(timedelta(seconds=seconds).total_seconds()), list[str]()
    for size, unit in _SPANS:
        if (whole := left // size) or (parts and size > 1):
            parts.append(f"{whole} {unit}")
        left %= size
        if len(parts) > 1:
            break
    return " ".join(part for part in parts if not part.startswith("0 ")) or "0 s"


def count(number: int, what: str) -> str:
    """So many of something: 1 step, 2 steps."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
