"""kill -9 of the whole stack: nothing is left behind, nothing is lost, and it is soon up again."""

import signal
import time
from pathlib import Path

import pytest

from pipeline.local.process import is_over
from pipeline.local.state import State
from tests.local.stack_fixture import Operator, operator

__all__ = ["operator"]

EXAMPLE = Path("schemas/interactions/page_viewed/examples/good").resolve()


def kill(operator: Operator) -> None:
    assert operator.up is not None
    operator.up.send_signal(signal.SIGKILL)
    operator.up.wait()


def pids(state: State) -> list[int]:
    return [part.pid for part in state.processes.values()]


def secrets(state: State) -> dict[str, str]:
    return {name: value for name, value in state.settings.items() if "password" in name or "key" in name}


def stored(operator: Operator) -> int:
    done = operator.cxstream("query", "SELECT count() AS n FROM interactions", "--format", "csv")
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[1])


@pytest.mark.timeout(200)
@pytest.mark.parametrize("leashed", [True, False], ids=["the kernel kills all", "the kernel leaves orphans"])
def test_it_is_back_with_what_it_had_and_the_old_servers_are_gone(
    operator: Operator,
    leashed: bool,  # noqa: FBT001 - how pytest gives it
) -> None:
    state = operator.start(leashed=leashed)
    example = next(EXAMPLE.glob("*.json"))
    assert operator.cxstream("publish", str(example)).returncode == 0
    deadline = time.monotonic() + 30
    while not stored(operator):
        assert time.monotonic() < deadline
    kill(operator)
    if not leashed:
        time.sleep(0.3)
        assert not any(map(is_over, pids(state))), "else this test shows nothing"
    assert operator.cxstream("status").returncode == 1, "a killed stack is not believed"
    began = time.monotonic()
    again = operator.start(leashed=leashed)
    print(f"back after kill -9 in {time.monotonic() - began:.1f} s")  # noqa: T201 - with pytest -s
    assert all(map(is_over, pids(state)))
    assert not set(pids(state)) & set(pids(again))
    assert secrets(again) == secrets(state)
    assert stored(operator) == 1
