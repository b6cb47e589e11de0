"""The local stack as an operator meets it: started, asked, stopped; beside others, and with servers elsewhere."""

import json
import os
import re
import signal
import socket
import stat
from contextlib import ExitStack, suppress

import psutil
import pytest

from pipeline.local.kafka import LocalKafka
from pipeline.local.process import is_over
from pipeline.local.state import State
from tests.local.stack_fixture import Operator, operator

__all__ = ["operator"]

USUAL = (9092, 9000, 8123, 9464)


def pids(state: State) -> list[int]:
    return [part.pid for part in state.processes.values()]


def test_one_runs_a_second_says_where_other_commands_find_it_and_down_stops_all(operator: Operator) -> None:
    state = operator.start()
    second = operator.cxstream("up")
    assert second.returncode == 0
    assert f"running already in {operator.data}" in second.stdout
    assert state.settings["kafka_bootstrap"] in second.stdout

    told = operator.cxstream("status", "--json")
    assert told.returncode == 0
    status = json.loads(told.stdout)
    assert {name: part["pid"] for name, part in status["processes"].items()} == dict(
        zip(("kafka", "clickhouse", "worker"), pids(state), strict=True)
    )
    assert status["ended"] == []
    assert not [name for name in status["settings"] if "password" in name]

    answer = operator.cxstream("query", "SELECT 40 + 2 AS n", "--format", "csv")
    assert answer.stdout.split() == ["n", "42"], answer.stderr
    assert operator.cxstream("topics", "--check").returncode == 0
    assert operator.cxstream("migrate", "--check").returncode == 0

    assert operator.cxstream("down").returncode == 0
    assert operator.up is not None
    assert operator.up.wait(5) == 0
    assert all(map(is_over, pids(state)))
    assert not (operator.data / "stack.json").exists(), "it holds passwords"
    assert operator.cxstream("status").returncode == 1
    assert "No local stack runs" in operator.cxstream("down").stdout


def test_nothing_listens_beyond_loopback_and_secrets_are_for_their_owner(operator: Operator) -> None:
    state = operator.start()
    parts = [psutil.Process(pid) for pid in pids(state)]
    open_ = [c for part in parts for c in part.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert {each.laddr.ip for each in open_} <= {"127.0.0.1", "::ffff:127.0.0.1"}
    ports = {each.laddr.port for each in open_}
    assert {state.settings[name] for name in ("clickhouse_port", "clickhouse_http_port")} <= ports

    key = operator.data / "secrets" / "hmac.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o400
    assert len(bytes.fromhex(key.read_text())) == 32
    assert stat.S_IMODE((operator.data / "stack.json").stat().st_mode) == 0o600
    passwords = [value for name, value in state.settings.items() if "password" in name]
    assert len(passwords) == 3
    for log in (operator.data / "logs").iterdir():
        assert not [secret for secret in [*passwords, key.read_text()] if secret in log.read_text()]


def test_where_the_usual_ports_are_taken_free_ones_are_used(operator: Operator) -> None:
    with ExitStack() as taken:
        for port in USUAL:
            with suppress(OSError):  # another stack of this machine may have it
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
        state = operator.start("--no-worker")
        names = ("clickhouse_port", "clickhouse_http_port", "telemetry_port")
        ports = {int(state.settings["kafka_bootstrap"].rpartition(":")[2])}
        ports |= {state.settings[name] for name in names}
        assert len(ports) == len(USUAL)
        assert not ports & set(USUAL)
        assert operator.cxstream("query", "SELECT 1").returncode == 0


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_stop_all_even_while_it_starts(
    operator: Operator, sent: signal.Signals
) -> None:
    up = operator.begin("--no-worker")
    operator.hears("Starting", up)
    kafka = operator.data / "kafka" / "kafka.pid"
    while not (kafka.exists() and kafka.read_text()):
        assert up.poll() is None
    pid = int(kafka.read_text())
    assert re.search(r"A stack is (starting|running) already", operator.cxstream("up").stdout)
    up.send_signal(sent)
    assert up.wait(30) == 0
    assert is_over(pid)
    assert operator.out.read_text().endswith("Stopped.\n")


def test_a_second_signal_does_not_wait(operator: Operator) -> None:
    state = operator.start("--no-worker")
    assert operator.up is not None
    os.kill(state.processes["clickhouse"].pid, signal.SIGSTOP)  # so that it does not end by itself
    operator.up.send_signal(signal.SIGINT)
    operator.hears("Stopping", operator.up)
    operator.up.send_signal(signal.SIGINT)
    assert operator.up.wait(5) == 128 + signal.SIGINT
    psutil.wait_procs([psutil.Process(pid) for pid in pids(state) if psutil.pid_exists(pid)], timeout=5)
    assert all(map(is_over, pids(state)))


def test_the_end_of_a_server_is_told_and_ends_the_rest(operator: Operator) -> None:
    state = operator.start()
    os.kill(state.processes["kafka"].pid, signal.SIGKILL)
    assert operator.up is not None
    assert operator.up.wait(60) == 1
    assert "kafka has ended by itself; the end of" in operator.out.read_text()
    assert all(map(is_over, pids(state)))


def test_a_kafka_elsewhere_is_used_and_a_worker_then_wants_a_key_of_its_own(
    operator: Operator, kafka: LocalKafka
) -> None:
    operator.environment |= {
        "CXSTREAM_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "CXSTREAM_STITCH_TOPIC": "elsewhere.stitch",
        "CXSTREAM_SOURCE_TOPICS": "elsewhere.web",
    }
    refused = operator.cxstream("up")
    assert refused.returncode == 2
    assert "hmac_key_file is not set" in refused.stderr

    state = operator.start("--no-worker")
    assert list(state.processes) == ["clickhouse"]
    assert not {"kafka_bootstrap", "hmac_key_file"} & state.settings.keys()
    assert operator.cxstream("topics", "--check").returncode == 0
    assert not (operator.data / "kafka").exists()
    assert not (operator.data / "secrets").exists()
    operator.end()

    key = operator.data / "own.key"
    key.write_bytes(os.urandom(32))
    operator.environment["CXSTREAM_HMAC_KEY_FILE"] = str(key)
    state = operator.start()
    assert list(state.processes) == ["clickhouse", "worker"]
    assert state.settings["hmac_key_file"] == str(key)
