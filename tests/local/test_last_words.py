"""What a person is told about the end of a worker: the error, not the lines of its log."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from pipeline import log
from pipeline.local.last_words import LastWords, how_it_ended, last_words
from pipeline.local.process import start


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What this process logs, as a worker writes it into its file."""
    stream = io.StringIO()
    log.configure("json", stream=stream)
    yield stream
    log.configure("json", stream=sys.stderr)


def fail(event: str) -> None:
    try:
        raise TimeoutError("ClickHouse did\nnot take it")  # noqa: TRY301 - to have one that was raised
    except TimeoutError:
        structlog.get_logger("worker").exception(event)


def test_an_error_with_its_cause_is_one_line_without_braces(said: io.StringIO, file: Path) -> None:
    structlog.get_logger("worker").error("told of before")
    fail("[^---Agent*: pipeline.agents.worker.W[.]agent]: Crashed reason=TimeoutError('ClickHouse')")
    structlog.get_logger("worker").error("told of afterwards")
    structlog.get_logger("worker").info("stopping", failed=True)
    file.write_text(said.getvalue())
    assert last_words(file) == LastWords("TimeoutError", "ClickHouse did not take it"), said.getvalue()


def test_an_error_without_a_cause_is_told_where_there_is_no_other(said: io.StringIO, file: Path) -> None:
    structlog.get_logger("worker").error("cannot listen", error="in use")
    structlog.get_logger("worker").warning("then this")
    file.write_text(said.getvalue())
    assert last_words(file).text == "cannot listen: in use"


def test_a_commands_own_message_is_told_without_its_name(file: Path) -> None:
    file.write_text('{"event": "x", "level": "error"}\ncxstream: hmac_key_file is not set\n')
    assert last_words(file) == LastWords("", "hmac_key_file is not set")


def test_a_log_for_people_is_read_too(file: Path) -> None:
    file.write_text("2026-11-24T03:19:23Z [error    ] cannot go on       [pipeline.worker]\nTraceback …\n")
    assert last_words(file).text == "cannot go on [pipeline.worker]"


def test_what_an_earlier_process_said_is_not_told_again(file: Path) -> None:
    file.write_text("cxstream: the first\n")
    assert last_words(file, after=file.stat().st_size) == LastWords("", "")
    start([sys.executable, "-c", "print('nothing special'); print('{\"half')"], log=file).wait(10)
    assert last_words(file, after=20) == LastWords("", "")
    assert last_words(file).text == "the first"
    assert last_words(file.with_name("absent")).text == ""


@pytest.mark.parametrize(
    ("code", "words"), [(2, "with exit code 2"), (-9, "by SIGKILL"), (-250, "by signal 250")]
)
def test_a_return_code_is_told_in_words(code: int, words: str) -> None:
    assert how_it_ended(code) == words
