"""What one actor heard of one interaction, what that comes to, and where it was last placed."""

from collections.abc import Iterable

from pipeline.core.message import Belongs, Observed

Version = tuple[int, int]
"""(time, hash): the smallest of all copies is the interaction."""


class Heard:
    """What an actor heard of one interaction, from admit and from other actors.

    There is one for every interaction of every actor, and nearly all have one copy and no words: what is rare is
    None until it is needed.
    """

    __slots__ = ("copies", "copy", "observed", "to", "words")

    def __init__(self) -> None:
        self.copy: Observed | None = None
        """The best copy that admit observed here."""
        self.copies: set[Version] | None = None
        """All copies; None while there is at most one."""
        self.words: dict[str, tuple[int, bool, Observed]] | None = None
        """Sender → (cause, present, content): its last word."""
        self.to = ""
        """Where it belongs, as last settled; "" while nowhere."""
        self.observed: Observed | None = None
        """Its content, as last settled."""

    def add_copy(self, observed: Observed) -> bool:
        """Hear a copy from admit; True if it is new."""
        best = self.copy
        if best is None:
            self.copy = observed
            return True
        version, known = (observed.time, observed.hash), (best.time, best.hash)
        if version == known or (self.copies is not None and version in self.copies):
            return False
        self.copies = self.copies or {known}
        self.copies.add(version)
        if version < known:
            self.copy = observed
        return True

    def add_word(self, word: Belongs) -> bool:
        """Hear another actor's word; True if none with a greater cause came from there."""
        if self.words is None:
            self.words = {}
        last = self.words.get(word.sender)
        if last is not None and last[0] >= word.cause:
            return False
        self.words[word.sender] = (word.cause, word.present, word.observed)
        return True

    def times(self) -> Iterable[int]:
        """Give the times of all copies."""
        if self.copies is not None:
            return (time for time, _ in self.copies)
        return () if self.copy is None else (self.copy.time,)

    def best(self) -> Observed | None:
        """Give the interaction as it is here, None if nobody says so any more."""
        best = self.copy
        if self.words is None:
            return best
        for _, present, observed in self.words.values():
            if present and (best is None or (observed.time, observed.hash) < (best.time, best.hash)):
                best = observed
        return best
