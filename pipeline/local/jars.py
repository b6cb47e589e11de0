"""Kafka's jars: resolved and cached by jgo, each checked against the SHA-256 in kafka-jars.txt.

`python -m pipeline.local.jars` writes that file anew, after a change of version.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

import jgo

from pipeline.local.process import LocalServerError

_ENDPOINT: Final = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
_LOCK: Final = Path(__file__).with_name("kafka-jars.txt")


def kafka_jars() -> str:
    """Give the class path. Raises LocalServerError if a jar is missing or is not the locked one."""
    lines = [line.split() for line in _LOCK.read_text(encoding="utf-8").splitlines()]
    locked = {name: digest for digest, name in lines}
    jars = _resolve()
    names = {jar.name for jar in jars}
    if names != locked.keys():
        raise LocalServerError(f"Kafka's jars are not the locked ones: {sorted(names ^ locked.keys())}")
    for jar in jars:
        if _sha256(jar) != locked[jar.name]:
            raise LocalServerError(
                f"{jar} does not have the locked SHA-256; remove it, and it is fetched anew"
            )
    return os.pathsep.join(map(str, jars))


def _resolve() -> list[Path]:
    try:
        return [Path(jar) for jar in jgo.build(_ENDPOINT).all_jars]
    except Exception as error:  # jgo raises whatever its resolver met
        raise LocalServerError(f"Kafka's jars cannot be had: {error}") from error


def _sha256(jar: Path) -> str:
    with jar.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


if __name__ == "__main__":
    _LOCK.write_text("".join(f"{_sha256(jar)} {jar.name}\n" for jar in sorted(_resolve())), encoding="utf-8")
