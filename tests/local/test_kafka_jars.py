"""Kafka's jars are the locked ones, or nothing starts."""

import shutil
from pathlib import Path

import pytest

from pipeline.local import jars
from pipeline.local.process import LocalServerError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the cache that a test may spoil."""
    found = jars._resolve()
    for jar in found:
        shutil.copy(jar, tmp_path)
    monkeypatch.setattr(jars, "_resolve", lambda: [tmp_path / jar.name for jar in found])
    return tmp_path


def test_the_locked_jars_make_the_class_path(cache: Path) -> None:
    path = jars.kafka_jars().split(":")
    assert str(cache / "kafka_2.13-4.3.1.jar") in path
    assert len(path) == len(jars._LOCK.read_text().splitlines())


def test_a_jar_with_one_other_byte_is_refused_by_name(cache: Path) -> None:
    jar = cache / "kafka-clients-4.3.1.jar"
    content = bytearray(jar.read_bytes())
    content[len(content) // 2] ^= 1
    jar.write_bytes(content)
    with pytest.raises(
        LocalServerError, match=r"kafka-clients-4\.3\.1\.jar does not have the locked SHA-256"
    ):
        jars.kafka_jars()


def test_a_jar_that_nobody_locked_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = cache / "stranger-1.0.jar"
    stranger.write_bytes(b"")
    found = jars._resolve()
    monkeypatch.setattr(jars, "_resolve", lambda: [*found, stranger])
    with pytest.raises(LocalServerError, match=r"not the locked ones: \['stranger-1\.0\.jar'\]"):
        jars.kafka_jars()


def test_the_lock_names_jars_and_digests_and_no_address() -> None:
    for line in jars._LOCK.read_text().splitlines():
        digest, name = line.split()
        assert len(bytes.fromhex(digest)) == 32
        assert Path(name).name == name
