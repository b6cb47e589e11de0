"""`cxstream settings` and the frame that every command shares, run as a person runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.commands import COMMANDS
from pipeline.cli.failure import report
from pipeline.settings import SettingsError
from tests.cli.run import cxstream


def test_settings_lists_each_with_its_value_and_origin(tmp_path: Path) -> None:
    lines = cxstream(tmp_path, "settings", CXSTREAM_STITCH_PARTITIONS="16").stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert rows["stitch_partitions"] == ["16", "CXSTREAM_STITCH_PARTITIONS"]
    assert rows["kafka_group"] == ["cxstream", "default"]


def test_settings_masks_secrets_in_both_forms(tmp_path: Path) -> None:
    secret = {"CXSTREAM_CLICKHOUSE_WRITER_PASSWORD": "hunter2"}
    text, document = (
        cxstream(tmp_path, "settings", **secret),
        cxstream(tmp_path, "settings", "--json", **secret),
    )
    assert "hunter2" not in text.stdout + document.stdout
    assert json.loads(document.stdout)["clickhouse_writer_password"] == {
        "value": "***",
        "from": "CXSTREAM_CLICKHOUSE_WRITER_PASSWORD",
    }


def test_wrong_settings_are_one_message_each_and_exit_code_2(tmp_path: Path) -> None:
    done = cxstream(tmp_path, "settings", CXSTREAM_LOG_LEVEL="loud", CXSTREAM_TELEMETRY_PORT="x")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "log_level = loud" in done.stderr
    assert "telemetry_port = x" in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    assert "Traceback" in cxstream(tmp_path, "--debug", "settings", CXSTREAM_LOG_LEVEL="loud").stderr


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = cxstream(tmp_path, "--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"  {command.name} " in done.stdout


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_the_help_of_each_command_has_examples(tmp_path: Path, name: str) -> None:
    done = cxstream(tmp_path, name, "--help")
    assert done.returncode == 0, done.stderr
    examples = done.stdout.partition("\n  Examples:\n")[2].partition("\n\n")[0]
    assert f"cxstream {name}" in examples


def test_help_imports_neither_kafka_nor_clickhouse_nor_rich(tmp_path: Path) -> None:
    script = (
        "import sys, contextlib\n"
        "from pipeline.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "print(sorted({'faust', 'aiokafka', 'clickhouse_driver', 'rich', 'chdb', 'pandas'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_or_none_is_wrong_usage(tmp_path: Path) -> None:
    done = cxstream(tmp_path, "setings")
    assert done.returncode == 2
    assert "No such command 'setings'" in done.stderr


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert cxstream(tmp_path, "--version").stdout.startswith("cxstream 0.")


def test_our_errors_are_messages_and_others_are_called_bugs(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(SettingsError(["a is wrong"]), debug=False) == 2
    assert capsys.readouterr().err == "cxstream: a is wrong\n"
    assert report(KeyError("a"), debug=False) == 1
    assert "unexpected KeyError: 'a'\nThis is a bug" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pipeline", "settings"]
    done = subprocess.run(
        command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")
