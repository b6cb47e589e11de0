"""The server as a process: started, stopped, killed, started again."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.local.clickhouse import LocalClickHouse
from pipeline.local.hold import hold
from pipeline.local.process import LocalServerError, is_over

from .clients import ask, native


def test_data_and_passwords_survive_a_restart_and_a_kill(tmp_path: Path) -> None:
    with LocalClickHouse(tmp_path / "data") as server:
        passwords = dict(server.passwords)
        client = native(server)
        client.execute("CREATE DATABASE cx_store")
        client.execute("CREATE TABLE cx_store.t (n UInt8) ENGINE = MergeTree ORDER BY n")
        client.execute("INSERT INTO cx_store.t (n) VALUES", [(1,)])
    assert server.pid == 0
    with LocalClickHouse(tmp_path / "data") as server:
        native(server).execute("INSERT INTO cx_store.t (n) VALUES", [(2,)])
        os.kill(server.pid, signal.SIGKILL)
    with LocalClickHouse(tmp_path / "data") as server:
        assert native(server).execute("SELECT n FROM cx_store.t ORDER BY n") == [(1,), (2,)]
        assert server.passwords == passwords


def test_passwords_are_files_for_their_owner_and_in_no_log(tmp_path: Path) -> None:
    with LocalClickHouse(tmp_path / "data", log=tmp_path / "server.log") as server:
        with pytest.raises(Exception, match="Code: 47"):
            native(server).execute("SELECT nope")
        ask(server, "SELECT 1", login=None, user="analyst", password=server.passwords["analyst"])
        passwords = set(server.passwords.values())
    files = list((tmp_path / "data" / "passwords").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o400}
    assert len(passwords) == len(files) == 3
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    command_line = " ".join(psutil.Process().cmdline())
    assert not [password for password in passwords if password in log or password in command_line]


def test_both_doors_are_on_loopback_only(clickhouse: LocalClickHouse) -> None:
    listening = [
        c.laddr for c in psutil.Process(clickhouse.pid).net_connections("inet") if c.status == "LISTEN"
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == {clickhouse.native_port, clickhouse.http_port}


def test_a_directory_in_use_is_refused(clickhouse: LocalClickHouse) -> None:
    with pytest.raises(LocalServerError, match=f"in use: ClickHouse runs there as process {clickhouse.pid}"):
        LocalClickHouse(clickhouse.data).start()
    assert ask(clickhouse, "SELECT 1").text == "1\n"


def test_a_second_server_by_hand_refuses_the_directory_too(clickhouse: LocalClickHouse) -> None:
    command = [sys.executable, "-m", "pipeline.local.clickhouse", "--data", str(clickhouse.data)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "is in use by another ClickHouse server" in second.stderr


def test_a_port_that_is_taken_is_an_error_with_the_logs_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = LocalClickHouse(tmp_path, native_port=taken.getsockname()[1])
        with pytest.raises(
            LocalServerError, match=r"did not start; the end of .*\n.*[Aa]ddress already in use"
        ):
            server.start()
    assert server.pid == 0


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_even_with_a_query_running(sent: signal.Signals, tmp_path: Path) -> None:
    with LocalClickHouse(tmp_path) as server:
        process = psutil.Process(server.pid)
        with socket.create_connection(("127.0.0.1", server.http_port)) as idle:
            idle.sendall(b"GET /ping")
            began = time.monotonic()
            process.send_signal(sent)
            assert process.wait(10) in {0, None}
            assert time.monotonic() - began < 5


def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pipeline.local.clickhouse import LocalClickHouse\n"
        "server = LocalClickHouse(Path(sys.argv[1])); server.start(); print(server.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert child.wait(10) != 1
    with LocalClickHouse(tmp_path) as server:
        assert ask(server, "SELECT 1").text == "1\n"


SUBREAPER = """
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER, as systemd --user and tini are
parent = subprocess.Popen([sys.executable, "-c", sys.argv[2], sys.argv[1]], stdout=subprocess.PIPE, text=True)
server = parent.stdout.readline().strip()
parent.kill()
parent.wait()
print(server, os.getpid(), flush=True)
sys.stdin.read()
"""
"""Takes the children of the dead in place of process 1; its one child starts a server and is killed."""

UNLEASHED = """
import sys, time
from pathlib import Path
from pipeline.local import process
from pipeline.local.clickhouse import LocalClickHouse
process.leash = lambda: []
server = LocalClickHouse(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""
"""Has a server that the kernel does not kill with it."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
def test_an_orphan_that_another_than_process_1_has_taken_in_is_stopped_by_the_next_start(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUBREAPER, str(tmp_path), UNLEASHED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reaper:
        assert reaper.stdout is not None
        orphan, parent = map(int, reaper.stdout.readline().split())
        assert not is_over(orphan)
        assert psutil.Process(orphan).ppid() == parent != 1
        try:
            with LocalClickHouse(tmp_path) as server:
                assert is_over(orphan)
                assert ask(server, "SELECT 1").text == "1\n"
        finally:
            if not is_over(orphan):
                os.kill(orphan, signal.SIGKILL)
            reaper.communicate("")


def test_a_directory_is_in_use_while_its_server_starts_and_free_when_it_could_not(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = LocalClickHouse(tmp_path, native_port=taken.getsockname()[1])
        for _ in range(2):
            with pytest.raises(LocalServerError, match="did not start"):
                server.start()
    with (
        hold(tmp_path / "owner.lock", "taken"),
        pytest.raises(LocalServerError, match="ClickHouse runs there;"),
    ):
        server.start()
    server.start()
    with pytest.raises(LocalServerError, match=f"as process {server.pid}; stop it first"):
        server.start()
    assert ask(server, "SELECT 1").text == "1\n"
    server.stop()
