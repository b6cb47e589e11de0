"""Where settings come from: the environment, a TOML file, a running local stack.

What comes in: the environment, the working directory and the names that exist. What goes out: for each setting that
was given, its raw value and where it is from, and a line for everything that nobody knows.
"""

import difflib
import fcntl
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.settings.values import SettingsError, masked, shown

PREFIX: Final = "CXSTREAM_"
CONFIG: Final = "CXSTREAM_CONFIG"
CONFIG_NAME: Final = "cxstream.toml"
STACK_NAME: Final = "stack.json"
STACK_LOCK: Final = "stack.lock"
"""Locked while the stack lives, so that what a killed one left behind is not believed."""

FILE_SUFFIX: Final = "_file"
ENVIRONMENT: Final = "the environment"
STACK: Final = "the local stack"

ENDPOINTS: Final = {
    "kafka_": frozenset({"kafka_bootstrap"}),
    "clickhouse_": frozenset({"clickhouse_host", "clickhouse_port", "clickhouse_http_port"}),
}
"""Settings that say where a server is, by the prefix of all that concerns it."""


class Given(NamedTuple):
    """A raw value and where it is from, in words for a person."""

    value: object
    origin: str


class Names(NamedTuple):
    """The settings that exist, and those of them that are secrets and may be given as `<name>_file`."""

    all: frozenset[str]
    secrets: frozenset[str]


class Gathered(NamedTuple):
    """What was given, and what is wrong with how it was given."""

    given: dict[str, Given]
    faults: list[str]


def from_environment(names: Names, environment: Mapping[str, str]) -> Gathered:
    """Variables that begin with CXSTREAM_."""
    entries = {
        variable: (variable.removeprefix(PREFIX).lower(), value)
        for variable, value in environment.items()
        if variable.startswith(PREFIX) and variable != CONFIG
    }
    return _known(names, entries, where=ENVIRONMENT)


def from_file(names: Names, path: Path) -> Gathered:
    """Keys of a TOML file, without tables.

    Raises:
        SettingsError: the file cannot be read, or is not TOML.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from None
    except ValueError as error:
        raise SettingsError([f"{path} is not TOML: {error}"]) from None
    return _known(names, {key: (key, value) for key, value in document.items()}, where=str(path))


def config_file(environment: Mapping[str, str], directory: Path) -> Path | None:
    """CXSTREAM_CONFIG, which must exist, or cxstream.toml in the directory, which may."""
    if named := environment.get(CONFIG):
        return directory / named
    usual = directory / CONFIG_NAME
    return usual if usual.exists() else None


def from_stack(names: Names, data_dir: Path) -> Gathered:
    """What a running local stack says about itself: the object "settings" of its stack.json.

    Raises:
        SettingsError: there is such a file and it cannot be read.
    """
    path = data_dir / STACK_NAME
    if not _is_locked(data_dir / STACK_LOCK):
        return Gathered({}, [])
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))["settings"]
        entries = {key: (key, value) for key, value in settings.items()}
    except FileNotFoundError:
        return Gathered({}, [])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError([f"{path} is unreadable ({error}): start the local stack again"]) from None
    return _known(names, entries, where=f"{STACK} ({path})")


def for_the_same_servers(stack: Gathered, given: Mapping[str, Given]) -> Gathered:
    """What a stack says, without the servers that were given elsewhere: its passwords and its key are not for those."""
    elsewhere = tuple(prefix for prefix, names in ENDPOINTS.items() if not names.isdisjoint(given))
    foreign = (*elsewhere, "hmac_") if elsewhere else ()
    kept = {name: value for name, value in stack.given.items() if not name.startswith(foreign)}
    return Gathered(kept, stack.faults)


def _is_locked(lock: Path) -> bool:
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _known(names: Names, entries: Mapping[str, tuple[str, Any]], where: str) -> Gathered:
    """Sort what was written by setting; `entries` maps the name as written to the setting and its raw value."""
    given: dict[str, Given] = {}
    faults: list[str] = []
    for written, (name, value) in sorted(entries.items()):
        origin = written if where == ENVIRONMENT else where
        secret = name.removesuffix(FILE_SUFFIX)
        if name in names.all:
            given[name] = Given(value, origin)
        elif name.endswith(FILE_SUFFIX) and secret in names.secrets:
            if any(other == secret for other, _ in entries.values()):
                faults.append(f"{written} in {where}: give the secret or its file, not both")
            else:
                _read_secret(Path(str(value)), secret, origin, Gathered(given, faults))
        else:
            faults.append(_unknown(names, written, name, value, where))
    return Gathered(given, faults)


def _read_secret(path: Path, name: str, origin: str, into: Gathered) -> None:
    try:
        into.given[name] = Given(path.read_text(encoding="utf-8").rstrip("\r\n"), f"{origin} ({path})")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        into.faults.append(f"{origin}: {path}: {reason}")


def _unknown(names: Names, written: str, name: str, value: object, where: str) -> str:
    near = difflib.get_close_matches(name, sorted(names.all), n=1)
    secret = masked(name) or (near and near[0] in names.secrets)
    fault = f"{written} = {'***' if secret else shown(value)} in {where}: there is no such setting"
    if not near:
        return f"{fault}; `cxstream settings` lists those that exist"
    hint = PREFIX + near[0].upper() if where == ENVIRONMENT else near[0]
    return f"{fault}; did you mean {hint}?"
