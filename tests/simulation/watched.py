"""The world with sources, admission and watchers in it: what is called final, and when.

Raw partitions stall, stitch partitions lag, admission and watchers die or are left behind and go on. Whenever a watermark
is called final, what happened before it must be in the tables, as it will be at the end.
"""

from collections.abc import Generator, Iterator

from pipeline.core.finality import HOPS, Look, Rounds
from pipeline.core.meaning import Meaning
from pipeline.core.message import Message, Watermark
from pipeline.core.oracle import answer
from pipeline.core.row import TouchpointRow, WindowRow
from pipeline.core.telling import messages_of
from pipeline.core.window import Key
from pipeline.verify import sums
from tests.simulation.calm import LATE, MINUTE, SKEW, Arrival
from tests.simulation.world import FLOWS, World

Actor = Generator[None, None, None]
Windows = dict[Key, tuple[int, int, int, tuple[tuple[int, int], ...]]]


class Watched(World):
    """Two raw partitions, and everything between them and a final watermark."""

    def __init__(self, seed: int, *, broken: str = "") -> None:
        super().__init__(seed, broken=broken)
        random = self.random
        self.count = random.choice([2, 3, 4])
        self.log = [[] for _ in range(self.count)]
        self.committed = [0] * self.count
        self.meaning = Meaning(flows=FLOWS)
        self.sources = ("raw/0", "raw/1")
        self.raw: list[list[Arrival]] = [[], []]
        self.read = [0, 0]
        self.clock = 0
        self.stalled = [0, 0]
        """Until which step nothing is fetched of a raw partition, whatever it holds."""
        self.down = [0] * self.count
        """Until which step nobody reads a stitch partition."""
        self.slow = [random.choice([1, 1, 0.2]) for _ in range(self.count)]
        self.step = 0
        self.final = 0
        """What the table says: the greatest that anybody wrote."""
        self.early = ""
        self.late_revisions = 0
        self._shown: Windows = {}

    def admit(self, number: int) -> Actor:
        """Read one raw partition; it can die or be left behind at every yield."""
        random, position = self.random, self.read[number]
        while True:
            time = self.clock  # learned before it is asked whether anything is left
            yield
            if position == len(self.raw[number]) or self.stalled[number] > self.step:
                idle = position == len(self.raw[number]) or self.broken == "a clock taken for proof"
                if idle and random.random() < 0.005:
                    yield from self._tell(number, time)
                continue
            taken = self.raw[number][position : position + random.randint(1, 6)]
            newest = max(arrival.interaction.time for arrival in taken)
            if self.broken == "marks before the data":
                yield from self._tell(number, newest)
                for _ in range(random.choice([0, 300])):
                    yield
            told = [m for arrival in taken for m in messages_of(arrival.interaction, self.meaning.reads)]
            for partition, messages in self._by_partition(told):
                yield
                self._append(partition, messages)
            yield from self._tell(number, newest)
            position += len(taken)
            self.read[number] = max(self.read[number], position)

    def _by_partition(self, told: list[Message]) -> Iterator[tuple[int, list[Message]]]:
        for partition in self.random.sample(range(self.count), self.count):
            if messages := [m for m in told if self.partition_of(m.actor) == partition]:
                yield partition, messages

    def _tell(self, number: int, time: int) -> Actor:
        for partition in self.random.sample(range(self.count), self.count):
            if self.random.random() < 0.3:
                yield
            self._append(partition, [Watermark("raw", number, time - SKEW)])

    def watcher(self) -> Actor:
        """Look, decide and write, with time in between."""
        rounds = Rounds(0, hops=1 if self.broken == "one round" else HOPS)
        while True:
            yield
            if self.broken == "ends noted before the minimum":
                ends = self._ends()
                yield from self._pause()
                progress = dict(self.store.progress)
            else:
                progress = dict(self.store.progress)
                yield from self._pause()
                ends = self._ends()
            look = Look(progress, ends)
            if self.broken == "the plain minimum":
                decided = look.heard
            else:
                row = rounds.look(look)
                decided = 0 if row is None else row.watermark
            yield from self._pause()
            if decided > self.final:
                self.final = decided
                self.stats["decisions"] += 1
                self.early = self.early or self._differs(decided)

    def _pause(self) -> Actor:
        for _ in range(self.random.choice([0, 1, 1, 1, 3, 30])):
            yield

    def _ends(self) -> list[int]:
        return [len(log) for log in self.log]

    def watch(self, coming: list[Arrival]) -> str:
        """Let everything come and be read; give what was called final too early, or what is wrong at the end, or ""."""
        random = self.random
        self._expect(coming)
        waiting = list(coming)
        stitches = [self.worker(p) for p in range(self.count)]
        admits, watchers, stale = [self.admit(0), self.admit(1)], [self.watcher()], list[Actor]()
        while (waiting or self._is_behind()) and not self.early:
            self.step += 1
            if self.step > 60_000:
                return "never done"
            self._pass_time(waiting)
            self._disturb(admits, watchers, stale)
            for number in random.sample(range(self.count), 2):
                if random.random() < self.slow[number] and self.down[number] < self.step:
                    self._step_of_stitch(stitches, number)
            next(random.choice(admits))
            next(watchers[0])
            if stale and random.random() < 0.3:
                next(random.choice(stale))
        return self.early or self.differences([arrival.interaction for arrival in coming])

    def _is_behind(self) -> bool:
        done = self.read == [len(raw) for raw in self.raw] and self.committed == self._ends()
        return not done or self.final < self.clock - 2 * SKEW

    def _pass_time(self, waiting: list[Arrival]) -> None:
        if self.random.random() < 0.02:
            if waiting:
                arrival = waiting.pop(0)
                self.clock = max(self.clock, arrival.at)
                self.raw[arrival.partition].append(arrival)
            elif self.clock < self.last + 10 * SKEW:
                self.clock += MINUTE

    def _step_of_stitch(self, stitches: list[Generator[str, None, None]], number: int) -> None:
        state = next(stitches[number])
        if state != "idle" and self.random.random() < self.chaos / 5:
            self.stats["crashes"] += 1
            stitches[number] = self.worker(number)
            self.down[number] = self.step + self.random.choice([0, 0, self.random.randint(50, 400)])

    def _disturb(self, admits: list[Actor], watchers: list[Actor], stale: list[Actor]) -> None:
        random = self.random
        if random.random() < 0.004:
            self.stalled[random.randrange(2)] = self.step + random.randint(5, 600)
        if random.random() < self.chaos / 4:
            number = random.randrange(2)
            stale.append(admits[number])
            admits[number] = self.admit(number)
        if random.random() < self.chaos / 20:
            self.stats["watchers"] += 1
            stale.append(watchers[0])
            watchers[0] = self.watcher()
        while len(stale) > 3:
            stale.pop(0)

    def _expect(self, coming: list[Arrival]) -> None:
        self.last = max(arrival.at for arrival in coming)
        expected = answer([arrival.interaction for arrival in coming], self.meaning)
        self._windows: Windows = {k: v for k, v in expected.windows.items() if k[3] != LATE}
        self._owners = {_place(row) for row in expected.touchpoints if row.source != LATE}

    def _differs(self, final: int) -> str:
        """Compare what happened before the watermark with what there must be at the end; count what late sources revised."""
        live = [row for _, row in self.store.rows.values()]
        shares = [r for r in live if isinstance(r, WindowRow) and r.window * 1000 + MINUTE <= final]
        found = sums(shares)
        self.late_revisions += sum(found.get(key) != value for key, value in self._shown.items())
        self._shown = {key: value for key, value in found.items() if key[3] == LATE}
        on_time = {key: value for key, value in found.items() if key[3] != LATE}
        wanted = {key: value for key, value in self._windows.items() if key[1] * 1000 + MINUTE <= final}
        if on_time != wanted:
            return f"early at {final}: windows {sorted(on_time.items() ^ wanted.items())[:2]}"
        rows = (r for r in live if isinstance(r, TouchpointRow) and not r.is_deleted and r.source != LATE)
        places = {_place(row) for row in rows if row.time < final}
        if places != (due := {place for place in self._owners if place[1] < final}):
            return f"early at {final}: touchpoints {sorted(places ^ due)[:2]}"
        return ""


def _place(row: TouchpointRow) -> tuple[str, int, str, str, str]:
    return (row.customer, row.time, row.source, row.id, row.session_id)
