"""Names in a statement that reach beyond the database: the server's files, its network, the machine.

What comes in: tokens, parameters, names of settings. What goes out: nothing, or a Failure. The engine in this process
takes itself for a tool of one person, and reads for any function what its operating system user may read; a real
server binds file() to user_files_path. A name is refused wherever it could be called: functions go as values, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.sql import Token

_ACCESS_DENIED: Final = 497
_MODELS: Final = ("Classify", "Embed", "Extract", "Filter", "Generate", "Redact", "Similarity", "Translate")
FUNCTIONS: Final[Mapping[str, str]] = {
    "file": "file() reads files of the server",
    "catboostevaluate": "catboostEvaluate() loads files of the server",
    "python": "python() reads objects of the server's process",
    "arrowstream": "arrowstream() reads objects of the server's process",
    "getmacro": "getMacro() reads the server's configuration",
    "getserversetting": "getServerSetting() reads the server's configuration",
    "getserverport": "getServerPort() reads the server's configuration",
    "showcertificate": "showCertificate() reads the server's certificate",
    "getoskernelversion": "getOSKernelVersion() tells of the machine",
    **dict.fromkeys(
        ("filesystemavailable", "filesystemcapacity", "filesystemunreserved"),
        "filesystem functions tell of the machine",
    ),
    **dict.fromkeys(
        ("addresstoline", "addresstolinewithinlines", "addresstosymbol"),
        "address functions read the server's program",
    ),
    **{f"ai{each.lower()}": f"ai{each}() sends data to a model elsewhere" for each in _MODELS},
}
"""By name in small letters, so that no way of writing it matters."""
SETTINGS: Final = (
    "format_schema",
    "format_template",
    "format_avro_schema_registry",
    "output_format_schema",
    "input_format_record_errors_file_path",
    "rename_files_after_processing",
    "url_base",
)
"""Beginnings of settings that name a file or an address."""
_TELLING: Final = frozenset(
    {
        *("asynchronous_inserts", "disks", "error_log", "errors", "filesystem_cache", "macros", "processes"),
        *("remote_data_paths", "server_settings", "stack_trace", "user_directories", "user_processes"),
        *("warnings", "detached_parts", "parts", "parts_columns", "storage_policies", "certificates"),
    }
)
"""Tables of the database `system` that tell of paths, of other people's queries or of the machine."""


def refuse_names(tokens: Sequence[Token], parameters: Mapping[str, str]) -> None:
    """Refuse functions and settings that reach beyond, also where a parameter names them. Raises Failure."""
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else None
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.kind not in {"word", "quoted"}:
            continue
        is_label = before is not None and (before.text == "." or before.word == "AS")
        if not is_label or (after is not None and after.text == "("):
            _refuse(token.name)
    for value in _identifiers(tokens, parameters):
        for part in value.replace("`", "").split("."):
            _refuse(part)


def refuse_settings(names: Iterable[str]) -> None:
    """Refuse settings that make a format read or write files. Raises Failure."""
    for name in names:
        _refuse(name)


def refuse_system(tokens: Sequence[Token], parameters: Mapping[str, str]) -> None:
    """Refuse the engine's own tables that tell of more than the views. Raises Failure."""
    for first, second, third in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if first.name.lower() == "system" and second.text == "." and third.name.lower() in _TELLING:
            raise _denied(f"system.{third.name} tells of the server")
    for first, second in pairwise(tokens):
        if first.word == "USE":
            refuse_database(second.name)
        if (first.word, second.word) == ("SHOW", "PROCESSLIST"):
            raise _denied("SHOW PROCESSLIST tells of other people's queries")
    for value in _identifiers(tokens, parameters):
        if "system" in value.lower():
            raise _denied("a parameter names the database system")


def refuse_database(name: str) -> None:
    """Refuse to be in the database `system`, where its tables have bare names. Raises Failure."""
    if name.lower() == "system":
        raise _denied("name tables of the database system in full, as in system.columns")


def _identifiers(tokens: Sequence[Token], parameters: Mapping[str, str]) -> Iterable[str]:
    """Give the values that stand in the statement as names. One that is written with escapes is none: it is refused."""
    for brace, name, _, kind in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        if brace.text == "{" and kind.text == "Identifier":
            value = parameters.get(name.name, "")
            if "\\" in value:
                raise _denied(f"the parameter {name.name} is no plain name")
            yield value


def _refuse(name: str) -> None:
    lower = name.lower()
    if (why := FUNCTIONS.get(lower)) is not None:
        raise _denied(why)
    if lower.startswith(SETTINGS):
        raise _denied(f"{name} names a file or an address")


def _denied(why: str) -> Failure:
    return Failure(_ACCESS_DENIED, f"{why}, and is refused", "ACCESS_DENIED")
