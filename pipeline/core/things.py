"""Which thing of a kind an interaction carries."""

from pipeline.core.message import Observed


def thing_of(observed: Observed, mark: str) -> str:
    """Give the first thing that begins with the mark, such as "order:", or ""."""
    for thing in observed.things:
        if thing.startswith(mark):
            return thing
    return ""


def things_of(observed: Observed, mark: str) -> list[str]:
    """Give all things that begin with the mark: of two that differ both count."""
    return [thing for thing in observed.things if thing.startswith(mark)]
