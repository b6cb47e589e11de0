"""What a running stack says about itself, in stack.json of its directory: for people, and for other commands' settings.

What comes in: a directory. What goes out: a state, or None. A file that a killed stack left behind is not believed.
"""

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from pipeline.local.hold import is_held
from pipeline.local.process import is_over
from pipeline.settings.sources import STACK_LOCK, STACK_NAME
from pipeline.settings.values import masked

WAKE: Final = signal.SIGUSR1
"""Asks the process that holds a stack to start a worker where none lives."""
_LOOKS: Final = 20
_LOOK_SECONDS: Final = 0.05


class Part(msgspec.Struct, frozen=True):
    """A process of a stack."""

    pid: int
    started_at: datetime

    @property
    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return is_over(self.pid)


class State(msgspec.Struct, frozen=True):
    """A running stack: the process that holds it together, its parts by name, and the settings that reach them."""

    phase: Literal["starting", "running"]
    pid: int
    started_at: datetime
    processes: dict[str, Part] = {}
    settings: dict[str, Any] = {}

    @property
    def ended(self) -> list[str]:
        """The names of parts that ended by themselves."""
        return [name for name, part in self.processes.items() if part.has_ended]

    def without_secrets(self) -> "State":
        """Give what may be shown."""
        shown = {name: value for name, value in self.settings.items() if not masked(name)}
        return msgspec.structs.replace(self, settings=shown)


def running(root: Path) -> State | None:
    """Give what a running stack says about itself; None if none runs in the directory."""
    for _ in range(_LOOKS):
        if not is_held(root / STACK_LOCK):
            return None
        try:
            return msgspec.json.decode((root / STACK_NAME).read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError):
            time.sleep(_LOOK_SECONDS)  # it has only just begun, or is about to end
    return None


def private(root: Path, *parts: str) -> None:
    """Make a stack's directory and its parts, which only their owner may enter: records name people."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in map(root.joinpath, parts):
        if not part.exists():
            part.mkdir(mode=0o700)
        elif part.is_dir():  # whose part it is complains of anything else
            part.chmod(0o700)


def write(root: Path, state: State) -> None:
    """Say it, whole or not at all; passwords are in it, so that only its owner may read it."""
    draft = root / f"{STACK_NAME}.new"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(state, enc_hook=str), indent=1))
    draft.replace(root / STACK_NAME)


def forget(root: Path) -> None:
    """Say nothing any more."""
    (root / STACK_NAME).unlink(missing_ok=True)


def now() -> datetime:
    """Give the time, for people."""
    return datetime.now(UTC)
