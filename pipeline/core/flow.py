"""What interactions add to metrics by themselves, as schemas/metrics.yaml says.

What comes in: an interaction at its anchor, and the flows that read its type. What goes out: contributions to the
windows of its own minute, channel and source. They never move; a better copy takes them back.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeGuard

import msgspec

from pipeline.core.around import named
from pipeline.core.message import Fact, Observed
from pipeline.core.window import Contribution, key_of, value

Kind = Literal["ratio", "sum", "mean", "quantile"]


class Condition(msgspec.Struct, frozen=True):
    """What a field must be."""

    field: str
    among: tuple[Fact, ...] = ()
    above: float | None = None
    """Instead of `among`: it must be a greater number."""

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether it is."""
        value = facts.get(self.field)
        if self.above is None:
            return value in self.among
        return _is_number(value) and value > self.above


class Part(msgspec.Struct, frozen=True):
    """What the interactions of one type add to a numerator or a denominator."""

    type: str
    where: tuple[Condition, ...] = ()
    sum: tuple[str, ...] = ()
    """Fields; without any each interaction adds 1."""
    times: int = 1

    @property
    def fields(self) -> tuple[str, ...]:
        """Give all fields of data that it reads."""
        return (*(condition.field for condition in self.where), *self.sum)

    def of(self, observed: Observed) -> int | None:
        """Give what an interaction adds; None where it is not meant, or lacks a number."""
        facts = observed.facts
        if observed.type != self.type or not all(condition.holds(facts) for condition in self.where):
            return None
        if not self.sum:
            return 1
        values = [value for field in self.sum if _is_number(value := facts.get(field))]
        return round(sum(values) * self.times) if len(values) == len(self.sum) else None


class Flow(msgspec.Struct, frozen=True):
    """A metric to which interactions contribute by themselves."""

    metric: str
    kind: Kind
    numerator: tuple[Part, ...]
    denominator: tuple[Part, ...] = ()
    """Of a ratio; a mean counts each value once, a sum has none."""
    dimensions: tuple[str, ...] = ()
    """Fields of data that are dimensions of this metric alone."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Give all parts."""
        return (*self.numerator, *self.denominator)


Flows = Mapping[str, tuple[Flow, ...]]
"""Type of interactions → the metrics that read it."""


def flow_of(observed: Observed, flows: Iterable[Flow]) -> Iterator[Contribution]:
    """Give what an interaction contributes by itself, wherever it belongs."""
    for flow in flows:
        found = [amount for part in flow.numerator if (amount := part.of(observed)) is not None]
        numerator, denominator = sum(found), sum(part.of(observed) or 0 for part in flow.denominator)
        if not (found or denominator):
            continue
        key = key_of(flow.metric, observed, "", _declared(flow, observed.facts) if flow.dimensions else "")
        if flow.kind == "ratio":
            yield Contribution(key, numerator, denominator, denominator)
        elif flow.kind == "sum":
            yield Contribution(key, numerator, 0, 1)
        else:
            yield value(key, numerator)


def _declared(flow: Flow, facts: Mapping[str, Fact]) -> str:
    return named([(field, str(facts[field])) for field in flow.dimensions if facts.get(field) is not None])


def _is_number(value: Fact) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
