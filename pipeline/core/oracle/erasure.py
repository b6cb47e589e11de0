"""Erasure (domain.md, section 4): what a request names is, up to its time, as if it had never existed.

What comes in: all accepted copies. What goes out: those that are left.
"""

from pipeline.core.interaction import Interaction
from pipeline.core.message import Ref


def ref_of(copy: Interaction) -> Ref:
    """Name the interaction within its anchor."""
    return (copy.source, copy.id)


def is_better(copy: Interaction, other: Interaction | None) -> bool:
    """Whether a copy is the interaction rather than the other: the earliest, ties by the smaller hash."""
    return other is None or (copy.time, copy.hash) < (other.time, other.hash)


def without_erased(copies: list[Interaction]) -> list[Interaction]:
    """Give the copies that no request erases; requests themselves always stay."""
    requests: dict[tuple[str, Ref], Interaction] = {}
    best: dict[tuple[str, Ref], Interaction] = {}
    for copy in copies:
        known = requests if copy.type == "erasure_requested" else best
        key = (copy.identifiers[0], ref_of(copy))
        if is_better(copy, known.get(key)):
            known[key] = copy
    erased_until: dict[str, int] = {}
    for request in requests.values():
        for identifier in request.identifiers:
            erased_until[identifier] = max(request.time, erased_until.get(identifier, 0))
    if not erased_until:
        return copies
    return [
        copy
        for copy in copies
        if copy.type == "erasure_requested"
        or not (
            # "also when it comes again": a later copy goes with the interaction.
            _is_erased(copy, erased_until)
            or _is_erased(best[copy.identifiers[0], ref_of(copy)], erased_until)
        )
    ]


def _is_erased(copy: Interaction, erased_until: dict[str, int]) -> bool:
    return any(copy.time <= erased_until.get(identifier, -1) for identifier in copy.identifiers)
