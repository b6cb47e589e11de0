"""The page of the types says what the schema files say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_types_is_current() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / "types_page.py", "--check"], check=False, timeout=60
    )
    assert made.returncode == 0, "run python docs/types_page.py"


def test_the_page_of_metrics_is_what_the_catalogue_says() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / "metrics_page.py", "--check"], check=False, timeout=60
    )
    assert made.returncode == 0, "run python docs/metrics_page.py"
