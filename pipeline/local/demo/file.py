"""A demo as a file, for `cxstream publish`: one record a line.

What comes in: records. What goes out: lines that give the same stored rows. A CloudEvent in binary mode becomes one in
structured mode, since a line has no headers; an empty record has no line.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from pipeline.local.demo.record import DemoRecord

_encode: Final = msgspec.json.Encoder().encode
_MARK: Final = "ce_"


def demo_file(path: Path, records: Iterable[DemoRecord]) -> int:
    """Write the records, and give the number of lines."""
    lines = 0
    with path.open("wb") as file:
        for record in records:
            if record.value:
                file.write(line_of(record) + b"\n")
                lines += 1
    return lines


def line_of(record: DemoRecord) -> bytes:
    """Give the record as one line."""
    attributes = {
        name.removeprefix(_MARK): text.decode() for name, text in record.headers if name.startswith(_MARK)
    }
    if not attributes:
        return record.value
    return _encode({**attributes, "datacontenttype": "application/json", "data": msgspec.Raw(record.value)})
