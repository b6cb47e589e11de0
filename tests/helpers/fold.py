"""What the tables hold of some records, without Kafka: the real admission and the real fold, in one process.

What comes in: records as Kafka gets them, in the order in which they are published. What goes out: rows by table, as a worker
writes them, progress too. One stitch partition, so that no word needs a way to another one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace

from pipeline import catalogue, contract
from pipeline.core.admission import Admission, Record
from pipeline.core.batch import read_block
from pipeline.core.meaning import Meaning
from pipeline.core.message import Message, encode
from pipeline.core.partition import Partition
from pipeline.core.row import FinalityRow, ProgressRow, Row
from pipeline.local.demo import DemoRecord
from pipeline.store.connect import Server
from pipeline.store.write import Writer

BATCH = 5_000
"""Records of one flush, and messages of one block."""


def fold(records: Iterable[DemoRecord], now: int) -> dict[str, list[Row]]:
    """Give the rows of every table but the ledger, once everything was told and quiet; the newest of a key counts.

    Args:
        records: taken by the broker at `now`.
        now: milliseconds; the watermark, too.
    """
    tables: defaultdict[str, list[Row]] = defaultdict(list)
    admit = contract.load(key=b"k" * 32).admit
    meaning = Meaning(flows=catalogue.load().flows)
    partition = Partition(0, 0, meaning, sources=())
    offset = 0
    for batch in _batches(_taken(records, now)):
        admission = Admission(admit, 1, reads=meaning.reads)
        admission.add(batch)
        tables["interactions"] += admission.interactions
        tables["intake"] += admission.intake
        tables["rejections"] += admission.rejections
        words: Sequence[Message] = admission.messages[0]
        while words:
            words = _tell(partition, offset, words, tables)
            offset += 1
    tables["progress"].append(ProgressRow(0, 0, now, offset << 16, 0, "{}", now))
    tables["finality"].append(FinalityRow(0, now, now, (offset << 16,)))
    return {table: rows for table, rows in tables.items() if table != "ledger"}


def write(server: Server, tables: dict[str, list[Row]]) -> None:
    """Write all rows as a worker does."""
    writer = Writer(server)
    for table, rows in tables.items():
        for at in range(0, len(rows), 50_000):
            writer.write(table, rows[at : at + 50_000])
    writer.close()


def _taken(records: Iterable[DemoRecord], now: int) -> Iterator[Record]:
    for offset, record in enumerate(records):
        yield SimpleNamespace(
            topic=record.topic,
            partition=0,
            offset=offset,
            timestamp=now,
            key=record.key,
            value=record.value,
            headers=record.headers,
        )


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _tell(
    partition: Partition, offset: int, words: Sequence[Message], tables: defaultdict[str, list[Row]]
) -> list[Message]:
    block = read_block(offset, encode(words))
    partition.warm(partition.cold([block]), {})
    batch = partition.fold([block])
    partition.warm_windows(partition.cold_windows(batch), {})
    for table, rows in partition.rows(batch).items():
        tables[table] += rows
    return list(batch.words.values())
