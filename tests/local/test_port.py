"""Choosing ports: no two stacks of one machine choose the same one, even where nobody listens yet."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.local.port import Port, choose, free_port, is_free, reserve

CHOOSER = """
import subprocess, sys
from pipeline.local.port import choose
port = choose(int(sys.argv[1]))
child = subprocess.Popen(["sleep", "600"], close_fds=False)
print(port.number, child.pid, flush=True)
sys.stdin.read()
child.kill()
"""
"""A process that has chosen a port, and has a child, until its input ends."""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of our own: where reservations are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path / f"cxstream-ports-{os.getuid()}"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def chooser(usual: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHOOSER, str(usual)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def told(process: subprocess.Popen[str]) -> tuple[int, int]:
    assert process.stdout is not None
    number, child = process.stdout.readline().split()
    return int(number), int(child)


def test_a_reserved_port_is_passed_over_until_it_is_released_though_nobody_listens(directory: Path) -> None:
    usual = free_port()
    first, second = choose(usual), choose(usual)
    assert first.number == usual
    assert is_free(usual)
    assert second.number != usual
    assert second.is_reserved
    first.release()
    first.release()
    assert not first.is_reserved
    third = choose(usual)
    assert third.number == usual
    for port in (second, third):
        port.release()
    assert list(directory.iterdir()) == [], "nothing is left lying about"


def test_a_port_that_somebody_listens_on_is_passed_over_and_not_kept(taken: int) -> None:
    port = choose(taken)
    assert port.number != taken
    again = reserve(taken)
    assert again.is_reserved
    for each in (port, again):
        each.release()


def test_of_many_that_choose_at_once_one_gets_the_usual_port_and_the_others_one_each() -> None:
    usual = free_port()
    with ExitStack() as stack:
        choosers = [stack.enter_context(chooser(usual)) for _ in range(6)]
        numbers = [told(each)[0] for each in choosers]
        for each in choosers:
            each.communicate()
    assert len(set(numbers)) == len(numbers)
    assert usual in numbers


def test_kill_9_frees_a_port_at_once_though_a_child_lives_on() -> None:
    usual = free_port()
    with chooser(usual) as holder:
        number, child = told(holder)
        assert number == usual
        assert not reserve(usual).is_reserved
        holder.kill()
        holder.wait()
        try:
            port = choose(usual)
            assert port.number == usual
            port.release()
        finally:
            os.kill(child, signal.SIGKILL)


def _a_file(directory: Path) -> None:
    directory.write_text("")


def _open_to_all(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o777)


def _a_link_to_elsewhere(directory: Path) -> None:
    (directory.parent / "elsewhere").mkdir(mode=0o700)
    directory.symlink_to(directory.parent / "elsewhere")


@pytest.mark.parametrize("spoil", [_a_file, _open_to_all, _a_link_to_elsewhere])
def test_where_nothing_can_be_reserved_the_kernel_chooses(spoil: object, directory: Path) -> None:
    assert callable(spoil)
    spoil(directory)
    usual = free_port()
    port = choose(usual)
    assert not port.is_reserved
    assert port.number != usual
    assert is_free(port.number)
    port.release()


def test_a_directory_of_another_user_is_not_used(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory.mkdir(mode=0o700)
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)  # the directory's name has the number of its user
    directory.rename(directory.with_name(f"cxstream-ports-{mine + 1}"))
    assert not choose(free_port()).is_reserved


def test_a_port_whose_file_was_swept_away_can_be_released(directory: Path) -> None:
    port = choose()
    (directory / str(port.number)).unlink()
    port.release()
    assert not port.is_reserved


def test_a_port_that_is_only_a_number_is_nobodys() -> None:
    port = Port(1234)
    assert not port.is_reserved
    port.release()
    assert port.number == 1234
