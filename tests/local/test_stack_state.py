"""What a stack says about itself, who holds its directory, and its key: without any server."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from pipeline.local.hold import hold, is_held
from pipeline.local.key import key_file
from pipeline.local.process import LocalServerError, note_owner, stop_orphan, tail
from pipeline.local.stack import LocalStack
from pipeline.local.state import Part, State, forget, now, private, running, write
from pipeline.settings import Settings
from pipeline.settings.sources import STACK_LOCK, STACK_NAME


def state(**settings: object) -> State:
    return State("running", os.getpid(), now(), {"kafka": Part(os.getpid(), now())}, settings)


@contextmanager
def held(root: Path) -> Iterator[None]:
    with hold(root / STACK_LOCK, "taken"):
        yield


def test_a_state_is_what_was_said_while_the_directory_is_held_and_nothing_afterwards(tmp_path: Path) -> None:
    said = state(kafka_bootstrap="127.0.0.1:1234", data_dir=tmp_path)
    with held(tmp_path):
        write(tmp_path, said)
        heard = running(tmp_path)
        assert heard is not None
        assert heard == msgspec.structs.replace(said, settings=heard.settings)
        assert heard.settings == {"kafka_bootstrap": "127.0.0.1:1234", "data_dir": str(tmp_path)}
    assert (tmp_path / STACK_NAME).exists(), "as a killed stack leaves it"
    assert running(tmp_path) is None
    assert running(tmp_path / "nowhere") is None


def test_a_state_that_is_not_yet_said_is_waited_for_and_one_that_is_forgotten_is_none(tmp_path: Path) -> None:
    with held(tmp_path):
        write(tmp_path, state())
        forget(tmp_path)
        (tmp_path / STACK_NAME).write_text('{"phase": "runn')
        assert running(tmp_path) is None


def test_only_its_owner_may_enter_where_records_lie(tmp_path: Path) -> None:
    root = tmp_path / "data"
    (tmp_path / "older" / "kafka").mkdir(parents=True, mode=0o755)
    for each in (root, tmp_path / "older"):
        private(each, "kafka", "logs")
        assert [stat.S_IMODE((each / part).stat().st_mode) for part in ("kafka", "logs")] == [0o700] * 2
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_the_end_of_a_log_tells_what_went_wrong_and_not_where_in_java(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    log.write_text(
        "the disk is full\njava.io.IOException: no space\n" + "\tat kafka.Log.append(Log.scala)\n" * 40
    )
    assert tail(log) == "the disk is full\njava.io.IOException: no space"


def test_only_its_owner_may_read_it_even_where_an_older_one_was_open_to_all(tmp_path: Path) -> None:
    for name in (STACK_NAME, f"{STACK_NAME}.new"):
        (tmp_path / name).write_text("{}")
        (tmp_path / name).chmod(0o666)
    write(tmp_path, state())
    assert stat.S_IMODE((tmp_path / STACK_NAME).stat().st_mode) == 0o600


def test_what_is_shown_has_no_passwords(tmp_path: Path) -> None:
    said = state(clickhouse_writer_password="hidden", hmac_key_file=str(tmp_path))  # noqa: S106 - for this test only
    assert said.without_secrets().settings == {"hmac_key_file": str(tmp_path)}


def test_a_part_that_ended_by_itself_is_named() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    while not Part(child.pid, now()).has_ended:
        pass  # a zombie counts as ended: nobody has asked for its exit code
    said = msgspec.structs.replace(state(), processes={"worker": Part(child.pid, now())})
    assert said.ended == ["worker"]
    child.wait()
    assert said.ended == ["worker"]


def test_a_directory_is_held_by_one_until_it_lets_go(tmp_path: Path) -> None:
    with held(tmp_path):
        assert is_held(tmp_path / STACK_LOCK)
        with pytest.raises(LocalServerError, match=r"already runs in .*; cxstream status says where"):
            LocalStack(tmp_path).start()
    assert not is_held(tmp_path / STACK_LOCK)


def test_children_do_not_inherit_the_hold(tmp_path: Path) -> None:
    with held(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False)
    deadline = time.monotonic() + 5  # the child closes it a moment after it has begun
    while is_held(tmp_path / STACK_LOCK):
        assert time.monotonic() < deadline
    child.kill()
    child.wait()


def test_a_key_is_made_once_for_its_owner_to_read(tmp_path: Path) -> None:
    file = key_file(tmp_path)
    first = file.read_text()
    assert len(bytes.fromhex(first)) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert key_file(tmp_path).read_text() == first
    assert Settings(hmac_key_file=file).hmac_key() == first.encode()


def test_an_orphan_is_known_by_a_whole_argument_of_its_command_line(tmp_path: Path) -> None:
    owner = tmp_path / "server.pid"
    mark = str(tmp_path / "data")
    script = "import time; time.sleep(600)"
    stranger, orphan = (
        subprocess.Popen([sys.executable, "-c", script, argument]) for argument in (f"{mark}base", mark)
    )
    note_owner(owner, stranger)
    assert stop_orphan(owner, mark) is None
    assert stranger.poll() is None
    note_owner(owner, orphan)
    assert stop_orphan(owner, mark) == orphan.pid
    assert orphan.wait(5) == -9
    assert stop_orphan(owner, mark) is None
    assert stop_orphan(tmp_path / "absent", mark) is None
    stranger.kill()
    stranger.wait()


def test_a_stack_whose_server_cannot_start_leaves_nothing_running_and_nothing_held(tmp_path: Path) -> None:
    (tmp_path / "clickhouse").write_text("a file where a directory has to be")
    stack = LocalStack(tmp_path)
    with pytest.raises(Exception, match="clickhouse"):
        stack.start()
    assert stack.kafka is not None
    assert stack.kafka.pid == 0
    assert running(tmp_path) is None
    assert not (tmp_path / STACK_NAME).exists()
