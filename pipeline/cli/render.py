"""Rows for people and for programs: a table on a terminal, one field a line where it is too narrow for that, csv, tsv or JSON elsewhere, written as they come.

What comes in: column names and rows, any number of them. What goes out: text. On a terminal control characters in
values are made visible, since sources may send anything and terminals obey it.
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final, Literal, TextIO

import msgspec

Format = Literal["auto", "table", "vertical", "csv", "tsv", "json", "ndjson"]
Rows = Iterable[Sequence[Any]]

NULL: Final = r"\N"
"""No value in tsv and csv, as ClickHouse writes it; an empty cell is an empty text."""

PAGE: Final = 200
"""Rows of a table that are laid out together; more get a header again."""

FOLDED: Final = 24
"""Columns in which a longer value of a table is still easy to read, broken into lines."""

WIDE: Final = 10_000
"""Columns where the output is no terminal: no value is broken."""

_VISIBLE: Final = dict.fromkeys(
    chain(range(32), range(127, 160), (8206, 8207), range(8234, 8239), range(8294, 8298)), "�"
)


def write(form: Format, names: Sequence[str], rows: Rows, stream: TextIO) -> None:
    """Write rows; auto is a table on a terminal and tsv elsewhere."""
    if form == "auto":
        form = "table" if stream.isatty() else "tsv"
    _WRITERS[form](names, rows, stream)


def plain(value: object) -> str:
    """A value as a person reads it, safe for a terminal."""
    match value:
        case None:
            return ""
        case datetime():
            text = value.isoformat(sep=" ", timespec="milliseconds" if value.microsecond else "seconds")
            return text.removesuffix("+00:00")
        case float():
            return f"{value:.6g}"
        case list() | tuple():
            return ", ".join(map(plain, value))
        case _:
            return str(value).translate(_VISIBLE)


def json_text(value: object) -> str:
    """A value that JSON has no form for: times as RFC 3339."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _table(names: Sequence[str], rows: Rows, stream: TextIO) -> None:
    from rich import box  # noqa: PLC0415 - slow, and only tables need it
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(file=stream, width=None if stream.isatty() else WIDE)
    pages = _pages(rows)
    first = next(pages)
    if _width(names, first) > console.width:
        _vertical(names, chain(first, chain.from_iterable(pages)), stream)
        return
    for page in chain([first], pages):
        table = Table(box=box.SIMPLE_HEAD)
        for column, name in enumerate(names):
            numeric = all(isinstance(row[column], int | float | None) for row in page)
            table.add_column(Text(plain(name)), justify="right" if numeric else "left", overflow="fold")
        for row in page:
            table.add_row(*(Text(plain(value)) for value in row))
        console.print(table)


def _width(names: Sequence[str], page: Sequence[Sequence[Any]]) -> int:
    """The columns that a readable table of these rows takes."""
    columns = [(name, *(plain(row[at]) for row in page)) for at, name in enumerate(names)]
    return sum(2 + min(max(map(len, column)), FOLDED) for column in columns)


def _vertical(names: Sequence[str], rows: Rows, stream: TextIO) -> None:
    """One field a line."""
    shown = [plain(name) for name in names]
    width = max(map(len, shown), default=0)
    for number, row in enumerate(rows, 1):
        stream.write(f"row {number}\n")
        stream.writelines(
            f"  {name:{width}}  {plain(value)}".rstrip() + "\n"
            for name, value in zip(shown, row, strict=True)
        )


def _pages(rows: Rows) -> Iterator[list[Sequence[Any]]]:
    """At least one, so that an empty result still shows its columns."""
    rest = iter(rows)
    yield list(islice(rest, PAGE))
    while page := list(islice(rest, PAGE)):
        yield page


def _csv(names: Sequence[str], rows: Rows, stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([NULL if value is None else _cell(value) for value in row] for row in rows)


_TSV_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _tsv(names: Sequence[str], rows: Rows, stream: TextIO) -> None:
    stream.writelines(
        "\t".join(NULL if value is None else _cell(value).translate(_TSV_ESCAPES) for value in row) + "\n"
        for row in chain([names], rows)
    )


def _cell(value: object) -> str:
    """A value as text that loses nothing: lists as JSON, times in RFC 3339."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return repr(value)
    return _json_text(value).strip('"')


def _json(names: Sequence[str], rows: Rows, stream: TextIO) -> None:
    separator = "["
    for row in rows:
        stream.write(f"{separator}\n{_object(names, row)}")
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")


def _ndjson(names: Sequence[str], rows: Rows, stream: TextIO) -> None:
    stream.writelines(_object(names, row) + "\n" for row in rows)


def _object(names: Sequence[str], row: Sequence[Any]) -> str:
    return _json_text(dict(zip(names, map(_finite, row), strict=True)))


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _json_text(value: object) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()


_WRITERS: Final[dict[str, Callable[[Sequence[str], Rows, TextIO], None]]] = {
    "table": _table,
    "vertical": _vertical,
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "ndjson": _ndjson,
}
