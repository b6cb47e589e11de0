"""Ports on loopback: which are free, and who listens."""

import socket
from typing import Final

import psutil

LOOPBACK: Final = "127.0.0.1"


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


def usual(port: int) -> int:
    """Give the usual port if it is free, else 0, which stands for any."""
    return port if is_free(port) else 0


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on a port; anyone could answer there."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)
