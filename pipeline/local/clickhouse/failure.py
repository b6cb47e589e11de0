"""Errors as ClickHouse tells them: a code and a text.

What comes in: what the engine raised. What goes out: a Failure that either protocol can send.
"""

import re
from typing import Final

UNKNOWN: Final = 1002
_CODE: Final = re.compile(r"Code: (\d+)\. (.*)", re.DOTALL)
_NAME: Final = re.compile(r"\((\w+)\)\s*$")


class Failure(Exception):  # noqa: N818 - the word of the protocol's documents would be Exception
    """A query failed."""

    def __init__(self, code: int, text: str, name: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text if text.startswith("DB::Exception") else f"DB::Exception: {text}"
        if name:
            self.text += f". ({name})"


def failure_of(error: BaseException) -> Failure:
    """Give the engine's code and text."""
    if isinstance(error, Failure):
        return error
    match = _CODE.search(str(error))
    if match is None:
        return Failure(UNKNOWN, f"{error} (UNKNOWN_EXCEPTION)")
    return Failure(int(match[1]), match[2].strip())
