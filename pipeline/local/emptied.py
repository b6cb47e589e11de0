"""A directory that is emptied before each use, and only if this program made it.

What comes in: a path. What goes out: an empty directory with a mark in it. What may be lost: what an earlier use left
there; nothing that anybody else put there.
"""

import shutil
from pathlib import Path
from typing import Final

from pipeline.local.process import LocalServerError

_MARK: Final = "emptied-by-cxstream"
_SAYS: Final = "cxstream made this directory and deletes all that is in it at the next start.\n"


def emptied(directory: Path) -> Path:
    """Make a directory, or empty it if an earlier call made it. Raises LocalServerError for any other."""
    try:
        if directory.is_dir() and any(directory.iterdir()):
            if not (directory / _MARK).is_file():
                raise LocalServerError(
                    f"{directory} has files that are not of an earlier run, and is left alone: "
                    "give a directory that is empty, or does not exist"
                )
            shutil.rmtree(directory)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / _MARK).write_text(_SAYS, encoding="utf-8")
    except OSError as error:
        raise LocalServerError(f"{directory} cannot be used: {error.strerror or error}") from None
    return directory
