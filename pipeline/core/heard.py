"""What one actor heard of one interaction, and what that comes to."""

from pipeline.core.message import Observed


class Heard:
    """What an actor heard of one interaction, from admit and from other actors."""

    __slots__ = ("copies", "copy", "words")

    def __init__(self) -> None:
        self.copy: Observed | None = None
        """The best copy that admit observed here."""
        self.copies: set[tuple[int, int]] = set()
        """(time, hash) of all copies."""
        self.words: dict[str, tuple[int, bool, Observed]] = {}
        """Sender → (cause, present, content): its last word."""

    def best(self) -> Observed | None:
        """Give the interaction as it is here, None if nobody says so any more."""
        best = self.copy
        if not self.words:
            return best
        for _, present, observed in self.words.values():
            if present and (best is None or (observed.time, observed.hash) < (best.time, best.hash)):
                best = observed
        return best
