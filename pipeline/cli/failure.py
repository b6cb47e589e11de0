"""What a person sees when a command fails: one message, no traceback unless asked for, nothing secret."""

import os
import sys
import traceback
from typing import Final

USAGE: Final = 2
FAILED: Final = 1


def report(error: Exception, *, debug: bool) -> int:
    """Print an error to standard error; the exit code that belongs to it.

    An error class of our own is a message for people. Any other is a bug and says so. A class may name its
    exit code as `exit_code`.
    """
    if isinstance(error, BrokenPipeError):
        return _quiet_pipe()
    if debug:
        traceback.print_exception(error)
    if type(error).__module__.partition(".")[0] == "pipeline":
        message = f"cxstream: {error}"
    else:
        message = f"cxstream: unexpected {type(error).__name__}: {error}"
        if not debug:
            message += "\nThis is a bug; --debug before the command shows where."
    print(message, file=sys.stderr)  # noqa: T201 - this is the command's voice
    return int(getattr(error, "exit_code", FAILED))


def _quiet_pipe() -> int:
    """The reader went away (`cxstream query … | head`): keep the interpreter from complaining at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
