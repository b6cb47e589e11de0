"""Only what this program made is emptied."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.local.emptied import emptied
from pipeline.local.process import LocalServerError
from pipeline.local.state import running
from tests.cli.run import cxstream


def test_a_directory_that_we_made_is_emptied_again_and_again(tmp_path: Path) -> None:
    for _ in range(2):
        directory = emptied(tmp_path / "a" / "demo")
        assert len(list(directory.iterdir())) == 1
        (directory / "kafka").mkdir()
        (directory / "kafka" / "log").write_text("x")


def test_an_empty_directory_of_somebody_else_is_taken(tmp_path: Path) -> None:
    assert emptied(tmp_path) == tmp_path


def test_a_directory_with_somebody_elses_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(LocalServerError, match=r"is left alone: give a directory that is empty"):
        emptied(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "x"


@pytest.mark.parametrize("path", ["/proc/cxstream", "file", "file/below"])
def test_what_can_be_no_directory_is_refused_in_a_sentence(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LocalServerError, match="cannot be used: "):
        emptied(tmp_path / path)
    assert (tmp_path / "file").read_text() == "x"


def test_the_demo_empties_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    run = cxstream(tmp_path, "demo", "-n", "500", "--directory", str(tmp_path))
    assert (run.returncode, run.stdout) == (1, "")
    assert f"cxstream: {tmp_path} has files" in run.stderr
    assert (tmp_path / "thesis.tex").exists()


def test_the_demo_says_that_a_signal_stopped_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "demo", "-n", "500", "--directory", str(tmp_path / "demo")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        while running(tmp_path / "demo") is None:
            assert demo.poll() is None
            time.sleep(0.05)
        demo.terminate()
        told = demo.communicate(timeout=60)[1]
    assert demo.returncode == 128 + signal.SIGTERM
    assert "Stopped" in told
    assert running(tmp_path / "demo") is None
