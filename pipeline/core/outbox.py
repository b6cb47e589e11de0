"""Where actors leave what follows from a message; a partition's batch is one."""

from typing import Protocol

from pipeline.core.message import Belongs, Lend
from pipeline.core.revision import Cause
from pipeline.core.touched import Touched
from pipeline.core.window import Contribution


class Outbox(Protocol):
    """Where an actor leaves what it touched; `position` is that of the message that caused it."""

    unexplained: list[Contribution]
    """Contributions to published windows whose cause was not told yet."""

    @property
    def heard_at(self) -> int:
        """Give the log's time of the present block (ms)."""

    @property
    def watermark(self) -> int:
        """Give the time (ms) before which an interaction is late."""

    def word(self, word: Belongs | Lend) -> None:
        """Take a word for another actor; the last one for the same interaction counts."""

    def touched(self, customer: str) -> Touched:
        """Give the collection of what was touched of this customer in the batch."""

    def link(self, actor: str, to: str) -> None:
        """Note that the link from `actor` to `to` was touched."""

    def count(self, contribution: Contribution, position: int) -> None:
        """Take a contribution to a window."""

    def explain(self, cause: Cause, since: int | None) -> None:
        """Tell the cause of what is unexplained; `since` is when the earliest interaction that came happened."""
