"""Child processes that never outlive the one that started them.

What comes in: a command. What goes out: a started process with its output in a log. Linux kills it when its parent
dies, however that happens. Elsewhere, a pid file beside the data lets the next start find and stop what was left.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

_GRACE_SECONDS: Final = 10.0

_LEASH: Final = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is dead already")
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""Asks for PR_SET_PDEATHSIG, which outlives exec, and becomes the command; a hook after the fork would not be safe
beside threads."""

_STARTER: Final = ThreadPoolExecutor(1, "starter")
"""The kernel takes the death of the *thread* that started a child for the parent's: this one lives as long as we do."""


class LocalServerError(Exception):
    """A local server could not be started, or has ended; the message names the cause and the way out."""


def start(
    command: Sequence[str], *, log: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a process whose output is added to a log, and which is killed when this process dies.

    Ctrl-C in the terminal does not reach it: who started it stops it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return _STARTER.submit(
            subprocess.Popen,
            [*leash(), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        ).result()


def leash() -> list[str]:
    """Give the words before a command that has to die with this process; none where the kernel has no such thing."""
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid())]


def stop(process: subprocess.Popen[bytes], seconds: float = _GRACE_SECONDS) -> None:
    """Ask a process to end, and kill it after the grace time."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    if process.poll() is None:
        process.kill()
        process.wait()


def tail(log: Path, lines: int = 15) -> str:
    """Give the last lines of a log, without the places in a program that Java lists below an error."""
    if not log.exists():
        return "(no log)"
    with log.open("rb") as content:
        content.seek(max(0, log.stat().st_size - 2_000 * lines))
        text = content.read().decode("utf-8", errors="replace")
    told = [line for line in text.splitlines() if not line.lstrip().startswith(("at ", "... "))]
    return "\n".join(told[-lines:])


def note_owner(file: Path, process: subprocess.Popen[bytes]) -> None:
    """Write which process has a data directory."""
    file.write_text(f"{process.pid}\n", encoding="utf-8")


def stop_orphan(file: Path, mark: str) -> int | None:
    """Kill what a dead parent left running in a data directory; give its pid, None if there was nothing.

    Pids come again: only a process with the argument `mark` is ours. Raises LocalServerError if it does not end.
    """
    try:
        orphan = psutil.Process(int(file.read_text(encoding="utf-8")))
        if mark not in orphan.cmdline() or orphan.pid == os.getpid():
            return None
        orphan.kill()
    except (OSError, ValueError, psutil.Error):
        return None
    deadline = time.monotonic() + _GRACE_SECONDS
    while not is_over(orphan.pid):
        if time.monotonic() > deadline:
            raise LocalServerError(f"process {orphan.pid} of {file.parent} does not end; stop it")
        time.sleep(0.01)
    return orphan.pid


def is_over(pid: int) -> bool:
    """Whether a process has ended and let go of what it had, even if nobody has asked for its exit code yet."""
    try:
        process = psutil.Process(pid)
        return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)
    except psutil.NoSuchProcess:
        return True
