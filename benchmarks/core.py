"""What the core costs on demo traffic: microseconds per record, by stage. Run `python -m benchmarks.core [N]`.

One process, no servers: records are admitted, told to eight partitions, folded, and turned into rows; words between
actors are told in turn. CPU time, since other programs share the machine.
"""

import gc
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from pipeline import catalogue, contract
from pipeline.core.admission import Admission, partition_of
from pipeline.core.batch import Batch, read_block
from pipeline.core.meaning import Meaning
from pipeline.core.message import Message, encode_block
from pipeline.core.partition import Partition
from pipeline.local.demo.shop import Shop

MEANING = Meaning(flows=catalogue.load().flows)
PARTITIONS = 8
FLUSH = 20_000
BLOCK = 2_000


class Stages:
    """CPU seconds by stage, in the order of the flow."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds[stage] += time.process_time() - began


def blocks_of(messages: list[Message]) -> list[bytes]:
    return [encode_block(messages[at : at + BLOCK]) for at in range(0, len(messages), BLOCK)]


def admit(records: list[SimpleNamespace], logs: list[list[bytes]], stages: Stages) -> None:
    admitting = contract.load(key=b"k" * 32).admit
    for at in range(0, len(records), FLUSH):
        admission = Admission(admitting, PARTITIONS, reads=MEANING.reads)
        with stages.timed("admit: steps, rows, messages"):
            admission.add(records[at : at + FLUSH])
        with stages.timed("admit: encode blocks"):
            for number, messages in admission.messages.items():
                logs[number] += blocks_of(messages)


def stitch(logs: list[list[bytes]], stages: Stages) -> Counter[str]:
    partitions = [Partition(0, number, MEANING, sources=()) for number in range(PARTITIONS)]
    positions = [0] * PARTITIONS
    counted: Counter[str] = Counter()
    while any(position < len(log) for position, log in zip(positions, logs, strict=True)):
        for number, partition in enumerate(partitions):
            values = logs[number][positions[number] : positions[number] + 10]
            if values:
                with stages.timed("stitch: decode blocks"):
                    blocks = [read_block(positions[number] + n, value) for n, value in enumerate(values)]
                positions[number] += len(values)
                batch = _fold(partition, blocks, stages, counted)
                _send(batch, logs, stages)
    return counted


def _fold(partition: Partition, blocks: list, stages: Stages, counted: Counter[str]) -> Batch:  # type: ignore[type-arg]
    with stages.timed("stitch: new actors"):
        partition.warm(partition.cold(blocks), {})
    with stages.timed("stitch: fold"):
        batch = partition.fold(blocks)
    with stages.timed("stitch: rows"):
        partition.warm_windows(partition.cold_windows(batch), {})
        for table, rows in partition.rows(batch).items():
            counted[table] += len(rows)
    counted["messages"] += batch.told
    return batch


def _send(batch: Batch, logs: list[list[bytes]], stages: Stages) -> None:
    with stages.timed("stitch: encode words"):
        told: defaultdict[int, list[Message]] = defaultdict(list)
        for word in batch.words.values():
            told[partition_of(word.actor, PARTITIONS)].append(word)
        for number, words in told.items():
            logs[number] += blocks_of(words)


def main(interactions: int = 50_000) -> None:
    now = int(time.time() * 1000)
    records = [
        SimpleNamespace(
            topic=r.topic, partition=0, offset=n, timestamp=now, key=r.key, value=r.value, headers=r.headers
        )
        for n, r in enumerate(Shop(7, now - 60_000, interactions).records())
    ]
    stages, logs = Stages(), [[] for _ in range(PARTITIONS)]
    gc.collect()
    gc.freeze()
    gc.disable()
    admit(records, logs, stages)
    counted = stitch(logs, stages)
    gc.enable()
    print(f"{len(records):,} demo records, µs of CPU each:\n")
    for stage, seconds in stages.seconds.items():
        print(f"  {stage:30} {seconds / len(records) * 1e6:6.2f}")
    print(f"  {'all':30} {sum(stages.seconds.values()) / len(records) * 1e6:6.2f}\n")
    print("per record: " + ", ".join(f"{n / len(records):.2f} {name}" for name, n in counted.items()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
