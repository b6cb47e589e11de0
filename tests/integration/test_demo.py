"""The whole flow on the real Kafka and the real engine: from published records to views that equal the oracle."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(280)
def test_resends_random_order_and_killed_workers_change_no_view(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "demo", "-n", "2000", "--again", "--kill"]
    done = subprocess.run(
        [*command, "--directory", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        check=False,
        timeout=270,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "All equal." in done.stdout
    assert re.search(r"Residual 0 of [1-9]", done.stdout)
    compared = re.findall(r"^(\w+) +([\d,]+) rows +(\d+) differ", done.stdout, re.MULTILINE)
    assert len(compared) == 12, "six tables, before and after the kills"
    assert all(int(rows.replace(",", "")) > 0 and differ == "0" for _, rows, differ in compared)
    assert done.stdout.count("kill -9 of the worker") == 2
    assert "DIFFERS" not in done.stdout
