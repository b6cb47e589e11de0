"""Run `cxstream` as a person does, without the settings of the machine that tests."""

import os
import subprocess
import sys
from pathlib import Path


def cxstream(directory: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CXSTREAM_")}
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=directory,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
