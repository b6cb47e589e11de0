"""Make mutants of the core, run a sample of them, print the score and what survived.

    make mutants                # 1,200 of them by chance, always the same ones
    make mutants MUTANTS=9999   # all; takes hours

Works in a copy of the last commit, with mutmut in an environment of its own.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
SEED = 2026
CASES = "15"
"""Of each property: a mutant meets thousands of runs."""
KILLED = {1, 3, -11, -24, 36}
"""pytest failed, or ended badly; a crash; too slow."""
FIRST = "pipeline.core.position.x_offset_of__mutmut_1"
"""Run alone so that all of them are made."""


def main() -> None:
    count = int(sys.argv[1])
    place = Path(tempfile.mkdtemp(prefix="cxstream-mutants-"))
    print(f"in {place}", flush=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], input=archive, cwd=place, check=True)
    mutmut = _mutmut(place)
    _run(mutmut, place, [FIRST])
    names = sorted(_outcomes(place))
    chosen = Random(SEED).sample(names, min(count, len(names)))  # noqa: S311 - always the same ones
    _run(mutmut, place, chosen)
    outcomes = _outcomes(place)
    survived = sorted(name for name in chosen if outcomes[name] not in KILLED)
    killed = len(chosen) - len(survived)
    print(
        f"\n{killed:,} of {len(chosen):,} killed: {killed / len(chosen):.1%}; the core has {len(names):,} mutants"
    )
    for name in survived:
        shown = subprocess.run([mutmut, "show", name], cwd=place, capture_output=True, text=True, check=True)
        changed = [
            line for line in shown.stdout.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}
        ]
        print(f"\n{name}", *changed, sep="\n")
    shutil.rmtree(place)


def _mutmut(place: Path) -> str:
    """Give mutmut, installed with all that the tests need."""
    uv, python = ROOT / ".venv/bin/uv", place / ".venv/bin/python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place / ".venv"], check=True)
    requirements = ROOT / "requirements" / "mutation.txt"
    subprocess.run(
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, requirements], check=True
    )
    return str(place / ".venv/bin/mutmut")


def _run(mutmut: str, place: Path, names: list[str]) -> None:
    environment = {**os.environ, "CXSTREAM_PROPERTY_CASES": CASES}
    children = str(os.cpu_count() or 2)
    subprocess.run(
        [mutmut, "run", "--max-children", children, *names], cwd=place, env=environment, check=True
    )


def _outcomes(place: Path) -> dict[str, int | None]:
    """Give pytest's exit code of each mutant; None while it was not run."""
    found: dict[str, int | None] = {}
    for file in (place / "mutants" / "pipeline" / "core").glob("*.meta"):
        found |= json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


if __name__ == "__main__":
    main()
