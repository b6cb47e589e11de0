"""Why a process of ours ended, for people: from the log that it left.

What comes in: a log, and where in it the process began; its lines are JSON, structlog's text or a command's message.
What goes out: the error that ended it, in one line.
"""

import re
import signal
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

_MOST: Final = 256 * 1024
"""Bytes of a log's end that are read."""
_VOICE: Final = "cxstream: "
"""How a command begins its one message."""
_SERVICE: Final = re.compile(r"^\[\^.*?\]: ")
"""Faust begins its events with the place of the service in its tree."""
_TEXT: Final = re.compile(r"^\S+ \[(?:error|critical) *\] (?P<event>.*)")


class LastWords(NamedTuple):
    """An error: its class where it is known, and what it says."""

    kind: str
    text: str


class _Exception(msgspec.Struct):
    exc_type: str
    exc_value: str


class _Line(msgspec.Struct):
    event: str
    level: str = ""
    error: Any = None
    exception: list[_Exception] = []


def last_words(log: Path, after: int = 0) -> LastWords:
    """Give the last error in a log after a position in bytes; empty if there is none.

    An error that ended something comes before one that was only told of.
    """
    fatal = told = LastWords("", "")
    for line in _lines(log, after):
        if line.startswith(_VOICE):
            fatal = LastWords("", line.removeprefix(_VOICE))
        elif text := _TEXT.match(line):
            told = LastWords("", " ".join(text["event"].split()))
        elif line.startswith("{"):
            try:
                said = msgspec.json.decode(line, type=_Line)
            except msgspec.MsgspecError:
                continue
            if said.exception:
                fatal = _raised(said)
            elif said.level in {"error", "critical"}:
                told = LastWords("", _event(said))
    return fatal if fatal.text else told


def how_it_ended(code: int) -> str:
    """Give a process's return code in words."""
    if code >= 0:
        return f"with exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"


def _lines(log: Path, after: int) -> list[str]:
    try:
        with log.open("rb") as content:
            content.seek(max(after, log.stat().st_size - _MOST))
            return content.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _raised(said: _Line) -> LastWords:
    """The outermost exception comes first; Faust's events repeat it. A sentence needs no class beside it."""
    error = said.exception[0]
    event = _event(said).partition(" reason=")[0]
    text = error.exc_value if " " in error.exc_value.strip() else f"{error.exc_type}: {error.exc_value}"
    return LastWords(
        error.exc_type, " ".join((text if event == "Crashed" else f"{event}: {text}").split()).rstrip(": ")
    )


def _event(said: _Line) -> str:
    event = _SERVICE.sub("", said.event)
    return " ".join((f"{event}: {said.error}" if said.error else event).split())
