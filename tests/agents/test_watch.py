"""watch reads progress first and asks for the ends then, writes what became final, and survives brokers that do not answer."""

from collections.abc import Mapping, Sequence

from pipeline.agents.watch import Watch
from pipeline.core.position import position_of
from pipeline.core.row import FinalityRow, ProgressRow, Row
from pipeline.kafka import TransportError
from pipeline.telemetry import Telemetry

POSITION = position_of(0, 4, 0)


class Servers:
    """Two partitions of which all is read, and a note of who was asked what, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.written: list[Row] = []
        self.away = False
        self.watermark = 400

    def progress(self, epoch: int) -> dict[int, ProgressRow]:
        self.asked.append("progress")
        return {n: ProgressRow(epoch, n, self.watermark + n, POSITION, 0, "{}", 900) for n in (0, 1)}

    async def ends(self) -> list[int]:
        self.asked.append("ends")
        if self.away:
            raise TransportError("no end offsets")
        return [5, 5]

    async def write_all(self, batches: Mapping[str, Sequence[Row]]) -> dict[str, float]:
        self.asked.append("write")
        self.written += batches["finality"]
        return {}


def watching(servers: Servers) -> tuple[Watch, Telemetry]:
    telemetry = Telemetry()
    return Watch(loader=servers, writer=servers, ends=servers.ends, telemetry=telemetry), telemetry


async def test_the_ends_are_asked_for_after_progress_was_read() -> None:
    servers = Servers()
    watch, telemetry = watching(servers)
    await watch.look()
    assert servers.asked == ["progress", "ends", "write"]
    assert servers.written == [FinalityRow(0, 400, 900, (POSITION, POSITION))]
    assert b"cxstream_final_timestamp_seconds 0.4" in telemetry.text()
    assert b"cxstream_watches 1.0" in telemetry.text()


async def test_what_was_decided_is_not_written_again() -> None:
    servers = Servers()
    watch, _ = watching(servers)
    for servers.watermark in (400, 400, 300, 500):
        await watch.look()
    assert [row.watermark for row in servers.written if isinstance(row, FinalityRow)] == [400, 500]


async def test_brokers_that_do_not_answer_are_asked_again() -> None:
    servers = Servers()
    watch, _ = watching(servers)
    for servers.away in (True, False):
        await watch.look()
    assert len(servers.written) == 1


async def test_who_watches_no_more_says_so() -> None:
    watch, telemetry = watching(Servers())
    await watch.look()
    watch.leave()
    assert b"cxstream_watches 0.0" in telemetry.text()
    assert b"cxstream_final_timestamp_seconds 0.0" in telemetry.text()
