"""Kafka's jars are the locked ones, or nothing starts."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from jgo.constants import default_jgo_cache, default_maven_repo

from pipeline.local import jars
from pipeline.local.process import LocalServerError

CLIENTS = "kafka-clients-4.3.1.jar"


def link(source: str, target: str) -> None:
    """Copy without reading, where that can be: others' Maven caches are large. Never write into such a file."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def replace(file: Path, content: bytes) -> None:
    file.unlink()
    file.write_bytes(content)


def cut(file: Path) -> None:
    """As an interrupted download leaves it."""
    replace(file, file.read_bytes()[:1000])


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of jgo's caches that a test may spoil, and no network."""
    jars.kafka_jars()
    shutil.copytree(default_jgo_cache(), tmp_path / "jgo", copy_function=link)
    shutil.copytree(default_maven_repo(), tmp_path / "maven", copy_function=link)
    for lock in (tmp_path / "jgo").rglob("jgo.lock.toml"):
        assert str(Path.home()) not in lock.read_text(), "the copy stands for itself"
    monkeypatch.setenv("JGO_CACHE_DIR", str(tmp_path / "jgo"))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "maven"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    return tmp_path


def test_the_locked_jars_make_the_class_path_without_a_network(caches: Path) -> None:
    path = jars.kafka_jars().split(os.pathsep)
    assert {Path(jar).name for jar in path} == jars._locked().keys()
    assert all(Path(jar).is_relative_to(caches) for jar in path)


@pytest.mark.parametrize("spoilt", [cut, Path.unlink], ids=["cut", "missing"])
def test_a_jar_that_jgos_cache_has_cut_or_not_at_all_is_had_again(
    caches: Path, spoilt: Callable[[Path], None]
) -> None:
    for jar in (caches / "jgo").rglob(CLIENTS):
        spoilt(jar)
    [clients] = [Path(jar) for jar in jars.kafka_jars().split(os.pathsep) if jar.endswith(CLIENTS)]
    assert jars._sha256(clients) == jars._locked()[CLIENTS]


def test_a_jar_that_was_cut_by_an_interrupted_download_is_fetched_again(caches: Path) -> None:
    good = next((caches / "maven").rglob(CLIENTS)).read_bytes()
    for jar in caches.rglob(CLIENTS):
        cut(jar)
    with pytest.raises(LocalServerError, match="only the first start needs the network"):
        jars.kafka_jars()
    assert not list(caches.rglob(CLIENTS)), "what was cut is not taken for good the next time"
    place = caches / "maven" / "org" / "apache" / "kafka" / "kafka-clients" / "4.3.1" / CLIENTS
    place.write_bytes(good)  # the network is back
    assert CLIENTS in jars.kafka_jars()


def test_a_jar_with_one_other_byte_never_gets_onto_the_class_path(caches: Path) -> None:
    for jar in caches.rglob(CLIENTS):
        content = bytearray(jar.read_bytes())
        content[len(content) // 2] ^= 1
        replace(jar, content)
    with pytest.raises(LocalServerError):
        jars.kafka_jars()


def test_a_jar_that_nobody_locked_is_named(tmp_path: Path) -> None:
    stranger = tmp_path / "stranger-1.0.jar"
    stranger.write_bytes(b"")
    assert jars._wrong([*jars._resolve(), stranger], jars._locked()) == ["stranger-1.0.jar"]


def test_the_lock_names_jars_and_digests_and_no_address() -> None:
    for name, digest in jars._locked().items():
        assert len(bytes.fromhex(digest)) == 32
        assert Path(name).name == name
    assert "//" not in jars._LOCK.read_text()
