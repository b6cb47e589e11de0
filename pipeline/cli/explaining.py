"""An explained identifier as lines for a terminal: links up, links down, owners over time, and one day.

What comes in: what `explained` and `then` found. What goes out: text, coloured on a terminal and plain elsewhere.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Final, TextIO

from rich.console import Console
from rich.text import Text

from pipeline.cli.explained import Explained, Record, sharing
from pipeline.cli.render import plain
from pipeline.cli.then import Day, Owners
from pipeline.cli.timeline import WIDTH, count
from pipeline.cli.words import words_of

STATE: Final = {"live": "green", "removed": "yellow", "refused": "red"}
RUNS: Final = 50
"""Runs of interactions that are shown, the newest; --json has all."""


def show(explained: Explained, day: Day | None, stream: TextIO) -> None:
    """Write the whole explanation."""
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else WIDTH, soft_wrap=True)
    for line in _lines(explained, day):
        console.print(line)


def _lines(explained: Explained, day: Day | None) -> Iterator[Text]:
    yield Text.assemble((plain(explained.identifier), "bold"), f" {_verdict(explained)}")
    yield from _upward(explained)
    yield from _downward(explained)
    yield from _over_time(explained)
    if day is not None:
        yield from _on(explained.identifier, day)


def _verdict(explained: Explained) -> str:
    customers = explained.customers
    if customers == [explained.identifier]:
        return "is its own: no live link leads to anybody else"
    if len(customers) == 1:
        return f"→ {plain(customers[0])}"
    return f"is shared by {len(customers)}: {plain(customers)}"


def _upward(explained: Explained) -> Iterator[Text]:
    shared = sharing(explained.links)
    yield from _title("links to")
    if not explained.links:
        yield Text("  nothing: it was never seen with anything stronger", "dim")
    told: Counter[tuple[str, str]] = Counter()
    for depth, link in explained.hops():
        yield from _link(
            link, link["to_identifier"], "  " * (depth + 1), shared=link["from_identifier"] in shared
        )
        group = (link["from_identifier"], link["state"])
        told[group] += 1
        if told[group] < link["alike"] and told[group] == _ALIKE:
            yield Text(f"{'  ' * (depth + 1)}… and {link['alike'] - _ALIKE:,} more {link['state']}", "dim")


_ALIKE: Final = 100
"""Links of one identifier and state that chain.sql gives."""


def _downward(explained: Explained) -> Iterator[Text]:
    if not explained.linked:
        return
    yield from _title("linked to it")
    rest = 0
    for state, links in groupby(explained.linked, lambda link: str(link["state"])):
        group = list(links)
        rest += group[0]["alike"] - len(group)
        yield Text.assemble("  ", (state, STATE.get(state, "")), f" · {group[0]['alike']:,}")
        for link in group:
            yield from _link(link, link["from_identifier"], "    ", shared=False)
    if rest:
        yield Text(f"  … and {rest:,} more", "dim")


def _link(link: Record, other: str, indent: str, *, shared: bool) -> Iterator[Text]:
    line = Text(indent)
    line.append(f"{plain(link['state']):8}", STATE.get(link["state"], ""))
    line.append(plain(other) or "nobody", "bold")
    line.append(f" · {words_of(link, shared=shared)}")
    yield line
    if link["evidence"]:
        first, last = plain(link["first_seen"])[:16], plain(link["last_seen"])[:16]
        seen = first if first == last else f"{first} to {last}"
        shown_by = f"first by {plain(link['first_source'])}/{plain(link['first_id'])}"
        yield Text(f"{indent}        {count(link['evidence'], 'interaction')}, {seen}, {shown_by}", "dim")


def _over_time(explained: Explained) -> Iterator[Text]:
    yield from _title("whose the interactions are that carried it")
    if not explained.owners:
        yield Text("  none carried it", "dim")
    if len(explained.owners) > RUNS:
        yield Text(f"  {len(explained.owners) - RUNS:,} earlier changes are in --json", "dim")
    for run in explained.owners[-RUNS:]:
        first, last = plain(run["first_at"])[:16], plain(run["last_at"])[:16]
        span = first if first == last else f"{first} → {last}"
        line = Text(f"  {span:36}  {count(run['interactions'], 'interaction'):16}  ")
        yield line.append(_owner(run["customer"], explained.identifier), "bold")


def _owner(customer: str, identifier: str) -> str:
    return f"nobody ({plain(identifier)} itself)" if customer == identifier else plain(customer)


def _on(identifier: str, day: Day) -> Iterator[Text]:
    yield from _title(f"on {day.day:%Y-%m-%d} (UTC)")
    if not day.now and not day.then:
        yield Text("  nothing carried it that day or before")
        return
    if not day.on_the_day:
        yield Text("  nothing carried it that day; the last interaction before it:", "dim")
    yield Text(f"  as known now:   {_told(identifier, day, day.now)}")
    yield Text(f"  as known then:  {_told(identifier, day, day.then)}")
    if day.now == day.then:
        return
    cause = day.because
    if cause is None:
        yield Text("  they differ because of what came later", "yellow")
    else:
        name = f"{plain(cause.type)} {plain(cause.source)}/{plain(cause.id)}"
        yield Text(f"  they differ because of {name}, which came on {_received(cause.received)}", "yellow")


def _told(identifier: str, day: Day, owners: Owners) -> str:
    parts = [
        f"{_owner(customer, identifier)} ({count(number, 'interaction')})"
        for customer, number in Counter(chain.from_iterable(owners.values())).items()
    ]
    if missing := len(day.now) - len(owners):
        parts.append(f"{count(missing, 'interaction')} had not come yet")
    return ", ".join(parts) or "nothing"


def _received(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M}"


def _title(text: str) -> Iterator[Text]:
    yield Text()
    yield Text(text, "bold")
