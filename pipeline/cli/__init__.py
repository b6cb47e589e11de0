"""The command `cxstream`: finds the wanted command's module, runs it, and turns errors into one clear message.

What comes in: the arguments. What goes out: an exit code: 0 done, 1 failed or found something wrong, 2 wrong usage or settings, 130 interrupted.

A command is a function with typer's annotations in a module of its own, listed in `pipeline.cli.commands`. Its docstring is
its help; a section "Examples:" is kept as it is written. Only the wanted command's module is imported.
"""

import logging
import sys
from collections.abc import Sequence

from pipeline.cli.failure import report
from pipeline.cli.frame import build, wanted

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `cxstream` with these arguments, or the process's own, and exit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    name, flags = wanted(given)
    if "--debug" not in flags:
        # Libraries would tell of every failed attempt; commands that log, such as worker, set logs up themselves.
        logging.getLogger().addHandler(logging.NullHandler())
    try:
        try:
            build(name)(given, prog_name="cxstream")
        finally:
            sys.stdout.flush()  # here, so that a reader who went away is met by the handler below
    except Exception as error:  # noqa: BLE001 - the one place where every error becomes a message
        sys.exit(report(error, debug="--debug" in flags))
