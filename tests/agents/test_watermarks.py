"""Watermarks rise with what was confirmed, and with the broker's clock where nothing comes."""

from collections.abc import Collection

from pipeline.agents.watermarks import Pace, Resting, Source, Watermarks
from pipeline.core.message import Watermark, decode_block

SOURCE = ("interactions.web", 3)
OTHER = ("interactions.web", 4)


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


def brokers(producer: Producer, *resting: Source) -> Resting:
    """Some partitions have nothing to read; being asked takes a second."""

    async def ask(sources: Collection[Source]) -> Collection[Source]:
        producer.clock += 1000
        return [source for source in sources if source in resting]

    return ask


async def test_an_idle_partition_moves_on_with_the_brokers_time_and_a_busy_one_does_not() -> None:
    producer = Producer()
    rising = watermarks(producer)
    producer.clock = 50_000
    await rising.rise({SOURCE: 1_000})
    producer.sent.clear()
    await rising.idle([SOURCE, OTHER], brokers(producer, SOURCE))
    assert producer.sent[0] == (0, [Watermark(*SOURCE, 49_900)])
    assert all(told == [Watermark(*SOURCE, 49_900)] for _, told in producer.sent)


async def test_only_a_time_from_before_the_brokers_were_asked_is_told() -> None:
    producer = Producer()
    producer.clock = 70_000
    rising = watermarks(producer)
    await rising.idle([SOURCE], brokers(producer, SOURCE))
    assert producer.sent == [(0, [Watermark(*SOURCE, 0)])], "after a restart nothing is known but how to ask"
    await rising.idle([SOURCE], brokers(producer, SOURCE))
    assert producer.sent[1] == (0, [Watermark(*SOURCE, 70_900)]), (
        "the time of the first answer, not of the second"
    )


async def test_a_clock_that_is_behind_what_was_told_is_asked_again() -> None:
    producer = Producer()
    rising = watermarks(producer)
    producer.clock = 500
    await rising.rise({SOURCE: 9_000})
    await rising.idle([SOURCE], brokers(producer, SOURCE))
    producer.clock = 20_000
    await rising.idle([SOURCE], brokers(producer, SOURCE))
    await rising.idle([SOURCE], brokers(producer, SOURCE))
    assert producer.sent[-1] == (1, [Watermark(*SOURCE, 20_900)])


async def test_where_nothing_is_idle_nothing_is_told() -> None:
    producer = Producer()
    await watermarks(producer).idle([SOURCE], brokers(producer))
    await watermarks(producer).idle([], brokers(producer))
    assert not producer.sent
