"""A world in which anything may go wrong: the real core over an in-memory log and store.

Blocks of random size, crashes and stale workers at every point, writes in random order and cut anywhere, resends,
evictions. One seed decides everything. At the end the tables must equal the oracle.
"""

from collections import Counter, defaultdict
from collections.abc import Generator
from random import Random

from pipeline import catalogue
from pipeline.core.batch import Batch, read_block
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import MINUTE, Meaning
from pipeline.core.message import Message, Watermark, encode
from pipeline.core.oracle import answer
from pipeline.core.partition import Partition
from pipeline.core.position import Position, position_of
from pipeline.core.row import (
    FrictionRow,
    IdentityRow,
    JourneyRow,
    LedgerRow,
    ProgressRow,
    RevisionRow,
    SessionRow,
    TouchpointRow,
    WindowRow,
)
from pipeline.core.telling import messages_of
from pipeline.core.window import Key
from pipeline.verify import sums


class Store:
    """ClickHouse as far as the protocol needs it: a ledger, and rows of which the greatest version counts."""

    def __init__(self) -> None:
        self.ledger: dict[str, dict[int, bytes]] = defaultdict(dict)
        self.rows: dict[tuple[object, ...], tuple[int, object]] = {}
        self.progress: dict[int, ProgressRow] = {}
        self.revisions: set[RevisionRow] = set()

    def put(self, row: object) -> None:
        if isinstance(row, LedgerRow):
            self.ledger[row.actor][row.position] = row.message
            return
        if isinstance(row, RevisionRow):
            self.revisions.add(row)
            return
        if isinstance(row, ProgressRow):
            self.progress[row.partition] = max(
                row, self.progress.get(row.partition, row), key=lambda one: one.position
            )
            return
        key = key_of_row(row)
        old = self.rows.get(key)
        if old is None or row.version >= old[0]:
            self.rows[key] = (row.version, row)

    def load(self, actors: set[str], before: int) -> dict[str, list[tuple[int, bytes]]]:
        return {
            a: [(p, m) for p, m in sorted(self.ledger[a].items()) if p < before]
            for a in actors
            if a in self.ledger
        }

    def windows(self, keys: set[Key], partition: int) -> dict[Key, WindowRow]:
        found = {key: self.rows.get(("window", key, partition)) for key in keys}
        return {key: row[1] for key, row in found.items() if row is not None}


def key_of_row(row: object) -> tuple[object, ...]:
    match row:
        case TouchpointRow():
            return ("touchpoint", row.customer, row.time, row.source, row.id)
        case SessionRow():
            return ("session", row.customer, row.started, row.session_id)
        case JourneyRow():
            return ("journey", row.customer, row.started, row.journey_id)
        case FrictionRow():
            return ("friction", row.customer, row.time, row.source, row.id, row.kind)
        case IdentityRow():
            return ("identity", row.from_identifier, row.to_identifier)
        case WindowRow():
            return ("window", row.key, row.partition)
        case _:
            raise TypeError(row)


FLOWS = catalogue.load().flows


def meaning_of(random: Random) -> Meaning:
    """Choose the settings: as they are by default, or such that limits and cuts are met."""
    if random.random() < 0.5:
        return Meaning(flows=FLOWS)
    return Meaning(
        flows=FLOWS,
        actor_limit=random.choice([4, 8, 10_000]),
        limits=random.choice([{}, {"email": 2, "device@desk": 1, "anonymous": 2}]),
        campaign_cuts=random.random() < 0.5,
        midnight_zone=random.choice(["", "UTC", "Asia/Bangkok"]),
    )


class World:
    """Logs, committed offsets, the store, and one worker per partition."""

    def __init__(self, seed: int, *, broken: str = "") -> None:
        self.random = Random(seed)
        self.broken = broken
        self.count = self.random.choice([1, 2, 3])
        self.log: list[list[bytes]] = [[] for _ in range(self.count)]
        self.times: defaultdict[int, list[int]] = defaultdict(list)
        """When each block was appended."""
        self.now = 0
        self.committed = [0] * self.count
        self.store = Store()
        self.stats: Counter[str] = Counter()
        self.sources: tuple[str, ...] = ("raw/0",)
        self.chaos = self.random.choice([0, 0.02, 0.05])
        self.meaning = meaning_of(Random(seed))

    def partition_of(self, actor: str) -> int:
        return sum(map(ord, actor)) * 7919 % self.count

    def send(self, messages: list[Message]) -> None:
        by_partition: dict[int, list[Message]] = defaultdict(list)
        for message in messages:
            by_partition[self.partition_of(message.actor)].append(message)
        for partition, told in by_partition.items():
            self._append(partition, told)
            self.stats["messages"] += len(told)

    def _append(self, partition: int, told: list[Message]) -> None:
        self.now += self.random.randint(0, 3)
        self.log[partition].append(encode(told))
        self.times[partition].append(self.now)

    def _rise(self, made: list[Interaction]) -> None:
        """Let the watermark rise to a time before which not all has come."""
        time = self.random.choice(made).time + self.random.choice([-MINUTE, 0, 1, MINUTE])
        for partition in range(self.count):
            self._append(partition, [Watermark("raw", 0, time)])

    def _resume(self, partition: Partition) -> None:
        if self.broken != "watermark not as of the log":
            partition.resume(self.store.progress.get(partition.number))
        if self.broken == "told before its position":
            partition._resumed_at = Position(-1)

    def worker(self, number: int) -> Generator[str, None, None]:
        """Process one partition; every yield is a point at which it can die, stall or be replaced."""
        random, store = self.random, self.store
        position = self.committed[number]
        partition = Partition(0, number, self.meaning, sources=self.sources)
        alive = (yield "assigned") is None
        self._resume(partition)
        while True:
            log = self.log[number]
            if position >= len(log):
                alive = (yield "idle") is None and alive
                continue
            last = min(len(log), position + random.randint(1, 4))
            times = self.times[number]
            blocks = [read_block(offset, log[offset], times[offset]) for offset in range(position, last)]
            alive = (yield "fetched") is None and alive
            cold = partition.cold(blocks)
            before = position_of(0, position, 0) if self.broken != "newest ledger" else 2**63
            partition.warm(cold, store.load(cold, before))
            alive = (yield "loaded") is None and alive
            batch = partition.fold(blocks)
            cold_windows = partition.cold_windows(batch)
            alive = (yield "folded") is None and alive
            partition.warm_windows(cold_windows, store.windows(cold_windows, number))
            writes: list[object] = [row for rows in partition.rows(batch).values() for row in rows]
            writes += self._blocks(batch)
            random.shuffle(writes)
            if self.broken == "progress before the rest":
                store.put(partition.progress(batch, last))
            if self.broken == "acknowledged first" and alive:
                self.committed[number] = max(self.committed[number], last)
            for write in writes:
                if random.random() < 0.2:
                    alive = (yield "writing") is None and alive
                if isinstance(write, list):
                    self.send(write)
                else:
                    store.put(write)
            alive = (yield "written") is None and alive
            store.put(partition.progress(batch, last))
            alive = (yield "told") is None and alive
            if alive:
                self.committed[number] = max(self.committed[number], last)
            position = last
            if random.random() < 0.3:
                partition.forget(random.randint(0, 5), random.randint(0, 5))

    def _blocks(self, batch: Batch) -> list[list[Message]]:
        """Words in blocks of random composition."""
        words = list(batch.words.values())
        self.random.shuffle(words)
        blocks = []
        while words:
            size = self.random.randint(1, 5)
            blocks.append(words[:size])
            words = words[size:]
        if self.broken == "a word dropped" and blocks and self.random.random() < 0.05:
            blocks.pop()
        return blocks

    def run(self, made: list[Interaction]) -> str:
        """Admit all in random order, some again, until everything is acknowledged; give what differs, or ""."""
        random = self.random
        pending = [messages_of(i, self.meaning.reads) for i in made]
        pending += random.choices(pending, k=random.randint(0, 10))
        random.shuffle(pending)
        workers = [self.worker(p) for p in range(self.count)]
        stale: list[Generator[str, None, None]] = []
        for step in range(100_000):
            if not pending and all(
                done == len(log) for done, log in zip(self.committed, self.log, strict=True)
            ):
                break
            if pending and random.random() < 0.3:
                size = random.randint(1, 3)
                self.send([m for told in pending[:size] for m in told])
                del pending[:size]
            if pending and random.random() < 0.05:
                self._rise(made)
            number = random.randrange(self.count)
            state = next(workers[number])
            if state != "idle" and step < 5_000 and random.random() < self.chaos:
                if random.random() < 0.5:
                    self.stats["crashes"] += 1
                else:
                    self.stats["stale"] += 1
                    workers[number].send("replaced")
                    stale.append(workers[number])
                workers[number] = self.worker(number)
            if stale and random.random() < 0.3:
                zombie = random.choice(stale)
                next(zombie)
                if random.random() < 0.05:
                    stale.remove(zombie)
        else:
            return "never done"
        return self.differences(made)

    def differences(self, made: list[Interaction]) -> str:
        """Compare the tables with the oracle."""
        expected = answer(made, self.meaning)
        live = [row for _, row in self.store.rows.values()]
        for kind, rows in (
            (TouchpointRow, expected.touchpoints),
            (SessionRow, expected.sessions),
            (JourneyRow, expected.journeys),
            (FrictionRow, expected.frictions),
            (IdentityRow, expected.identity),
        ):
            found = {row._replace(version=0) for row in live if isinstance(row, kind) and not row.is_deleted}
            if found != rows:
                return f"{kind.__name__}: {sorted(found ^ rows, key=repr)[:4]}"
        found = sums(row for row in live if isinstance(row, WindowRow))
        if found != expected.windows:
            wrong = {
                k: (found.get(k), expected.windows.get(k)) for k in found.keys() | expected.windows.keys()
            }
            return f"windows: {[(k, v) for k, v in wrong.items() if v[0] != v[1]][:3]}"
        return ""
