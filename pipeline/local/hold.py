"""Directories that one process has for itself.

A lock of the kernel, not a pid: it is let go of when the process dies, however that happens, so what is still running
in the directory then is an orphan. Child processes do not inherit it.
"""

import fcntl
from pathlib import Path
from typing import IO

from pipeline.local.process import LocalServerError


def hold(file: Path, otherwise: str) -> IO[str]:
    """Lock a file until what is given back is closed. Raises LocalServerError with the words `otherwise`."""
    lock = file.open("a", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise LocalServerError(otherwise) from None
    return lock


def is_held(file: Path) -> bool:
    """Whether someone has the lock."""
    try:
        with file.open(encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
