"""`cxstream check`, run as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.check import key_in
from pipeline.contract import find_schemas
from tests.cli.run import cxstream

AT = "2026-03-01T10:01:00Z"
GOOD = {
    "id": "1",
    "source": "storefront-web",
    "type": "products_searched",
    "time": "2026-03-01T10:00:00Z",
    "channel": "web",
    "anonymous_id": "a-1",
    "data": {"query": "معطف 🧥", "results_count": 3},
}
BAD = {**GOOD, "id": "2", "data": {"query": "coat", "results_count": -3}}


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


def test_good_lines_are_ok_and_the_exit_code_is_0(tmp_path: Path) -> None:
    write(tmp_path / "good.ndjson", GOOD, "\n", {**GOOD, "id": "3"})
    done = cxstream(tmp_path, "check", "good.ndjson", "--at", AT)
    assert [line.split() for line in done.stdout.splitlines()] == [["1", "ok"], ["3", "ok"]]
    assert (done.stderr, done.returncode) == ("2 ok, 0 bad\n", 0)


def test_a_bad_line_has_reason_path_and_key_and_the_exit_code_is_1(tmp_path: Path) -> None:
    write(tmp_path / "mixed.ndjson", GOOD, BAD)
    done = cxstream(tmp_path, "check", "mixed.ndjson", "--at", AT)
    assert done.stdout.splitlines()[1].split()[:4] == [
        "2",
        "invalid_data",
        "$.data.results_count",
        "data.results_count",
    ]
    assert done.returncode == 1


def test_json_gives_an_object_a_line(tmp_path: Path) -> None:
    write(tmp_path / "mixed.ndjson", GOOD, BAD, "not json\n")
    done = cxstream(tmp_path, "check", "--json", "--at", AT, "mixed.ndjson")
    good, bad, broken = map(json.loads, done.stdout.splitlines())
    assert good == {"file": "mixed.ndjson", "line": 1, "ok": True, "type": "products_searched", "id": "1"}
    assert (bad["reason"], bad["path"], bad["key"]) == (
        "invalid_data",
        "$.data.results_count",
        "results_count",
    )
    assert (broken["reason"], broken["key"]) == ("unreadable", "")


def test_only_bad_lines_are_shown_where_wanted(tmp_path: Path) -> None:
    write(tmp_path / "mixed.ndjson", GOOD, BAD, GOOD)
    done = cxstream(tmp_path, "check", "--bad", "--at", AT, "mixed.ndjson")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == "2 ok, 1 bad\n"


def test_standard_input_and_cloudevents_are_read(tmp_path: Path) -> None:
    event = {"specversion": "1.0", **GOOD, "type": "com.example.products_searched"}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "check", "-", "--at", AT],
        input=json.dumps(event).encode(),
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (done.stdout.split(), done.returncode) == ([b"1", b"ok"], 0)


def test_by_default_the_clock_is_now(tmp_path: Path) -> None:
    write(tmp_path / "old.ndjson", {**GOOD, "time": "2020-01-01T00:00:00Z"})
    assert "too_old" in cxstream(tmp_path, "check", "old.ndjson").stdout


def test_the_bounds_of_the_settings_hold(tmp_path: Path) -> None:
    write(tmp_path / "old.ndjson", {**GOOD, "time": "2020-01-01T00:00:00Z"})
    assert cxstream(tmp_path, "check", "old.ndjson", CXSTREAM_HORIZON_DAYS="none").returncode == 0


def test_the_value_of_a_personal_field_is_never_printed(tmp_path: Path) -> None:
    write(tmp_path / "bad.ndjson", {**GOOD, "email": "ada@example.org" + "x" * 300})
    done = cxstream(tmp_path, "check", "--json", "--at", AT, "bad.ndjson")
    assert "invalid_identifiers" in done.stdout
    assert "ada@" not in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [("nowhere.ndjson",), (".",), ("--at", "noon", "-")])
def test_what_cannot_be_done_is_one_message(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = cxstream(tmp_path, "check", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("cxstream: ")
    assert "bug" not in done.stderr


def test_every_good_example_is_ok_and_every_bad_one_has_the_reason_in_its_name(tmp_path: Path) -> None:
    files = [
        file for kind in ("good", "bad") for file in sorted(find_schemas().glob(f"**/examples/{kind}/*.json"))
    ]
    assert len(files) > 300
    done = cxstream(tmp_path, "check", "--json", "--at", AT, *map(str, files))
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    found = {Path(each["file"]): each.get("reason", "ok") for each in verdicts}
    wanted = {file: "ok" if file.parent.name == "good" else file.name.partition(".")[0] for file in files}
    assert found == wanted


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("$.data.rating", "rating"),
        ("$.data.products[0].price", "price"),
        ("$.identifiers[3]", "identifiers"),
        ("$.data['odd name']", "odd name"),
        ("$", ""),
    ],
)
def test_the_key_is_the_last_name_of_the_path(path: str, key: str) -> None:
    assert key_in(path) == key
