"""Child processes that never outlive the one that started them.

What comes in: a command. What goes out: a started process with its output in a log. A pid file says who owns a data
directory; the next start finds and stops an orphan, after checking by its command line that it is ours.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

_PR_SET_PDEATHSIG: Final = 1
_GRACE_SECONDS: Final = 10.0


class LocalServerError(Exception):
    """A local server could not be started; the message names the cause and the way out."""


def start(
    command: Sequence[str], *, log: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a process whose output goes to a log and which gets SIGTERM when this process dies."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - before any thread
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def stop(process: subprocess.Popen[bytes], seconds: float = _GRACE_SECONDS) -> None:
    """Ask a process to end, and end it after the grace time."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    if process.poll() is None:
        process.kill()
        process.wait()


def tail(log: Path, lines: int = 15) -> str:
    """Give the last lines of a log."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def note_owner(file: Path, process: subprocess.Popen[bytes]) -> None:
    """Write who owns a data directory."""
    file.write_text(f"{process.pid}\n", encoding="utf-8")


def stop_orphan(file: Path, mark: str) -> int | None:
    """Stop what a dead parent left running in a data directory; give its pid, None if there was nothing.

    Only a process whose command line holds `mark` is ours.
    """
    try:
        orphan = psutil.Process(int(file.read_text(encoding="utf-8")))
        ours = any(mark in part for part in orphan.cmdline())
    except (OSError, ValueError, psutil.Error):
        return None
    if not ours:
        return None
    with suppress(psutil.NoSuchProcess):
        orphan.kill()
        orphan.wait(_GRACE_SECONDS)
    return orphan.pid
