"""Rows on their way into the engine: a file in memory that INSERT … FROM INFILE reads.

What comes in: bytes. What goes out: a path. The engine's own way to push rows, chdb's send_insert, says that all is well
even if the write failed (decision 0010); a statement that reads a file tells of every failure.
"""

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class RowsFile:
    """A file that is gone once it is closed: in memory on Linux, elsewhere on disk."""

    def __init__(self) -> None:
        self._path: Path | None = None
        if hasattr(os, "memfd_create"):
            self._descriptor = os.memfd_create("rows", os.MFD_CLOEXEC)
        else:
            self._descriptor, name = tempfile.mkstemp(prefix="cxstream-rows-")
            self._path = Path(name)
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
        if self._path is not None:
            self._path.unlink()

    @property
    def path(self) -> str:
        """Where the engine finds it, within this process."""
        return str(self._path) if self._path is not None else f"/proc/self/fd/{self._descriptor}"

    def write(self, data: bytes) -> None:
        """Add rows."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self.size += len(data)
