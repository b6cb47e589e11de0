"""The demo as a file."""

from pathlib import Path

from pipeline.contract import load
from pipeline.emit.lines import line_of, lines_in
from pipeline.local.demo import Shop, demo_file

END = 1_795_000_000_000


def test_the_lines_of_the_file_give_the_same_interactions_and_rejections(tmp_path: Path) -> None:
    records = list(Shop(3, END, 5000).records())
    path = tmp_path / "demo.ndjson"
    assert demo_file(path, records) == sum(1 for record in records if record.value)
    admit = load(key=b"k" * 16).admit
    lines = [line_of(value) for _, value in lines_in(str(path))]
    kept = [record for record in records if record.value]
    assert [admit(line.value, line.headers, END) for line in lines] == [
        admit(record.value, record.headers, END) for record in kept
    ]


def test_the_lines_have_the_keys_that_the_records_had(tmp_path: Path) -> None:
    records = [record for record in Shop(3, END, 2000).records() if record.value]
    path = tmp_path / "demo.ndjson"
    demo_file(path, records)
    keys = [line_of(value).key for _, value in lines_in(str(path))]
    same = [line == record.key for line, record in zip(keys, records, strict=True)]
    assert sum(same) >= len(records) - 8  # the bad ones cannot always be read
