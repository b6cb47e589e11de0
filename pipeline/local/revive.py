"""Starting a worker again after it has ended by itself.

What comes in: a stack with a worker, and looks at it. What goes out: another worker after a pause that grows, and one line
about each end. A worker that stopped on purpose stays stopped: refused settings, or too many rejections, which it would
go on to drain. So does one that never lives for long.
"""

import time
from collections.abc import Callable
from typing import Final

from pipeline.local.stack import LocalStack

_FIRST_SECONDS: Final = 1.0
_MOST_SECONDS: Final = 30.0
_SOON_SECONDS: Final = 60.0
_TIMES: Final = 5
"""So many ends in a row, each soon after its start, are no accident."""
_CALM_SECONDS: Final = 600.0


class Pauses:
    """How long to wait before the next start: 1, 2, 4 … 30 s, and 1 s again after ten minutes of life."""

    def __init__(self) -> None:
        self._next = _FIRST_SECONDS
        self._soon = 0

    def after(self, lived: float) -> float | None:
        """Give the pause after a life of so many seconds; None if it is no use."""
        self._soon = self._soon + 1 if lived < _SOON_SECONDS else 0
        if self._soon >= _TIMES:
            return None
        pause = _FIRST_SECONDS if lived >= _CALM_SECONDS else self._next
        self._next = min(pause * 2, _MOST_SECONDS)
        return pause


class Reviver:
    """Keeps a stack's worker alive; `look` is called again and again."""

    def __init__(self, stack: LocalStack, tell: Callable[[str], None]) -> None:
        self._stack = stack
        self._tell = tell
        self._pauses = Pauses()
        self._again_at: float | None = None
        self._woken = False
        self.gave_up = False
        """Whether the worker stays dead."""

    def wake(self) -> None:
        """Have the next look start a worker where none lives, whatever became of earlier ones. Safe in a signal's handler."""
        self._woken = True

    def look(self) -> None:
        """Start a worker if it is time, or tell that one has ended."""
        if self._woken:
            self._woken = False
            if not self._stack.worker_pid or self._stack.worker_failure() is not None:
                self._tell("Another worker starts, as cxstream up asked for.")
                self._pauses = Pauses()
                self._start()
                return
        if self.gave_up:
            return
        if self._again_at is not None:
            if time.monotonic() >= self._again_at:
                self._start()
            return
        failure = self._stack.worker_failure()
        if failure is None:
            return
        pause = None if failure.is_on_purpose else self._pauses.after(failure.lived)
        if pause is None:
            self.gave_up = True
            often = "" if failure.is_on_purpose else f", for the {_TIMES}th time within a minute of its start"
            self._tell(
                f"{failure}{often}\nIt is not started again; Kafka and ClickHouse go on. "
                f"Its log: {failure.log}\nOnce that is put right: cxstream up, in another terminal, starts another."
            )
        else:
            self._again_at = time.monotonic() + pause
            self._tell(f"{failure}; another starts in {pause:.0f} s.")

    def _start(self) -> None:
        self._again_at, self.gave_up = None, False
        self._stack.start_worker()
