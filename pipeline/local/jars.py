"""Kafka's jars: resolved and cached by jgo, each checked against the SHA-256 in kafka-jars.txt.

What comes in: nothing but the lock. What goes out: a class path of exactly the locked jars. The first time they are
fetched (44 MB), later starts need no network. `python -m pipeline.local.jars` writes the lock anew, after a change of
version.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import jgo
from jgo.constants import default_maven_repo

from pipeline.local.process import LocalServerError

_ENDPOINT: Final = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
_LOCK: Final = Path(__file__).with_name("kafka-jars.txt")


def kafka_jars() -> str:
    """Give the class path. Raises LocalServerError if the jars cannot be had, or are not the locked ones."""
    locked = _locked()
    jars = _resolve()
    if wrong := _wrong(jars, locked):
        # jgo writes a download to its place at once: one that was cut stays, and is never fetched again.
        _remove(jars, wrong, locked)
        jars = _resolve(anew=True)
    if wrong := _wrong(jars, locked):
        raise LocalServerError(
            f"Kafka's jars are not the locked ones, even fetched anew: {', '.join(wrong)}. Is something between here "
            "and Maven Central that changes them?"
        )
    return os.pathsep.join(map(str, jars))


def _locked() -> dict[str, str]:
    """Give the SHA-256 by file name."""
    lines = (line.split() for line in _LOCK.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, name in lines}


def _resolve(*, anew: bool = False) -> list[Path]:
    try:
        return [Path(jar) for jar in jgo.build(_ENDPOINT, update=anew).all_jars]
    except Exception as error:  # jgo raises whatever its resolver met
        raise LocalServerError(
            f"Kafka's jars cannot be had; only the first start needs the network: {error}"
        ) from error


def _wrong(jars: Sequence[Path], locked: Mapping[str, str]) -> list[str]:
    """Give the names that are missing, that nobody locked, or whose content is another."""
    found = {jar.name: _sha256(jar) for jar in jars}
    return sorted(name for name, _ in found.items() ^ locked.items())


def _remove(jars: Sequence[Path], wrong: Sequence[str], locked: Mapping[str, str]) -> None:
    """Remove what has another content than locked, from jgo's cache and from the Maven cache behind it."""
    for jar in {*jars, *(copy for name in wrong for copy in default_maven_repo().rglob(name))}:
        if jar.name in locked and _sha256(jar) != locked[jar.name]:
            jar.unlink()


def _sha256(jar: Path) -> str:
    with jar.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


if __name__ == "__main__":
    _LOCK.write_text("".join(f"{_sha256(jar)} {jar.name}\n" for jar in sorted(_resolve())), encoding="utf-8")
