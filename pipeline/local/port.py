"""Ports on loopback: which are free, who listens, and which are spoken for although nobody listens yet.

A server listens seconds after its port was chosen, so that two stacks which start in the same second would both find
the usual port free. So whoever chooses a port locks a file that is named after it, in a directory of this user's on
this machine; the kernel lets go of the lock when the process dies, however that happens. Other users and programs know
nothing of it: a server must bear that its port was taken all the same.
"""

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import Final

import psutil

LOOPBACK: Final = "127.0.0.1"
_ATTEMPTS: Final = 20


class Port:
    """A port that was chosen: this process's until `release` or its death. Programs that it starts do not inherit it."""

    def __init__(self, number: int, file: Path | None = None, lock: int = -1) -> None:
        """Without a locked file nothing is reserved."""
        self.number = number
        self._file = file
        self._lock = lock

    @property
    def is_reserved(self) -> bool:
        """Whether other stacks of this user pass it over."""
        return self._file is not None

    def release(self) -> None:
        """Let others have it; a second time does nothing."""
        if self._file is not None:
            # First the name, then the lock: who has opened the file meanwhile sees that it is no longer the port's.
            self._file.unlink(missing_ok=True)
            os.close(self._lock)
            self._file = None


def choose(usual: int = 0) -> Port:
    """Choose and reserve the usual port if it is free, else any other.

    Where nothing can be reserved, because the directory is somebody else's, it is the kernel's choice.
    """
    if usual:
        port = reserve(usual)
        if port.is_reserved and is_free(
            usual
        ):  # asked in this order: who let go of it may have listened before
            return port
        port.release()
    for _ in range(_ATTEMPTS):
        port = reserve(free_port())
        if port.is_reserved:
            break
    return port


def reserve(number: int) -> Port:
    """Reserve this port; what is given `is_reserved` unless another has it, or the directory cannot be used."""
    try:
        file = _directory() / str(number)
        lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        return Port(number)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), file.stat()):
            return Port(number, file, lock)
    except OSError:
        pass  # another has it, or has just let go of it
    os.close(lock)
    return Port(number)


def _directory() -> Path:
    """Give the directory of the locks, to which only this user can write. Raises OSError."""
    directory = Path(tempfile.gettempdir()) / f"cxstream-ports-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(f"{directory} is open to others")
    return directory


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on a port; anyone could answer there."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)
