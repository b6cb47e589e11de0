"""Watermarks rise with what was confirmed, and with the broker's clock where nothing comes."""

from pipeline.agents.watermarks import Pace, Watermarks
from pipeline.core.message import Watermark, decode_block

SOURCE = ("interactions.web", 3)


class Producer:
    """Keeps what is sent, and stamps it with a clock of its own."""

    def __init__(self) -> None:
        self.clock = 0
        self.sent: list[tuple[int, list[Watermark]]] = []

    async def send(self, topic: str, partition: int, value: bytes) -> int:
        assert topic == "stitch"
        self.sent.append((partition, decode_block(value)))
        return self.clock


def watermarks(producer: Producer) -> Watermarks:
    return Watermarks(producer, "stitch", 2, Pace(skew=100))


async def test_every_stitch_partition_is_told_and_the_skew_is_left() -> None:
    producer = Producer()
    await watermarks(producer).rise({SOURCE: 1_000})
    assert producer.sent == [(n, [Watermark(*SOURCE, 900)]) for n in (0, 1)]


async def test_a_watermark_never_falls() -> None:
    producer = Producer()
    rising = watermarks(producer)
    await rising.rise({SOURCE: 1_000})
    await rising.rise({SOURCE: 999})
    await rising.rise({SOURCE: 1_000})
    assert len(producer.sent) == 2


async def test_an_idle_partition_moves_on_with_the_brokers_time_and_a_busy_one_does_not() -> None:
    producer = Producer()
    rising = watermarks(producer)
    producer.clock = 50_000
    await rising.rise({SOURCE: 1_000})
    producer.sent.clear()
    await rising.idle({SOURCE: lambda: True, ("interactions.web", 4): lambda: False})
    assert producer.sent[0] == (0, [Watermark(*SOURCE, 49_900)])


async def test_after_a_restart_in_silence_the_broker_is_asked_for_the_time() -> None:
    producer = Producer()
    producer.clock = 70_000
    await watermarks(producer).idle({SOURCE: lambda: True})
    assert producer.sent[0] == (0, [Watermark(*SOURCE, 0)])
    assert producer.sent[1] == (0, [Watermark(*SOURCE, 69_900)])
