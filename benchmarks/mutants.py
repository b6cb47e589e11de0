"""Make mutants of the core, run a sample of them, print the score and what survived.

    make mutants                # 1,200 of them by chance, always the same ones
    make mutants MUTANTS=9999   # all; takes hours

Works in a copy of the last commit, with mutmut in an environment of its own.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
SEED = 2026
CASES = "15"
"""Of each property: a mutant meets thousands of runs."""
KILLED = {"killed", "timeout", "segfault"}
"""What mutmut calls a mutant that a test saw."""
FIRST = "pipeline.core.position.x_offset_of__mutmut_1"
"""Run alone so that all of them are made."""


def main() -> None:
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="cxstream-mutants-") as made:
        place = Path(made)
        print(f"in {place}", flush=True)
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x"], input=archive, cwd=place, check=True)
        mutmut = _mutmut(place)
        _run(mutmut, place, [FIRST])
        names = sorted(_outcomes(mutmut, place))
        chosen = list(names)
        Random(SEED).shuffle(chosen)  # noqa: S311 - always the same ones
        chosen = chosen[:count]
        _run(mutmut, place, chosen)
        outcomes = _outcomes(mutmut, place)
        survived = sorted(name for name in chosen if outcomes[name] not in KILLED)
        killed = len(chosen) - len(survived)
        score = f"{killed:,} of {len(chosen):,} killed: {killed / len(chosen):.1%}"
        print(f"\n{score}; the core has {len(names):,} mutants")
        for name in survived:
            shown = _output(mutmut, place, "show", name).splitlines()
            changed = [line for line in shown if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
            print(f"\n{name}: {outcomes[name]}", *changed, sep="\n")


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


def _outcomes(mutmut: str, place: Path) -> dict[str, str]:
    """Give what became of each mutant."""
    lines = _output(mutmut, place, "results", "--all", "true").splitlines()
    pairs = (line.strip().rsplit(": ", 1) for line in lines if line.strip())
    return {name: outcome for name, outcome in pairs if name.startswith("pipeline.core.")}


def _output(mutmut: str, place: Path, *arguments: str) -> str:
    return subprocess.run([mutmut, *arguments], cwd=place, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
