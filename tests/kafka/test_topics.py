"""Topics on a real Kafka: made as declared, never changed, and what differs is said with a cure."""

import asyncio
from itertools import count

import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.kafka.topics import Found, State, Topic, create, declared, inspect, judge, refuse_missing
from pipeline.kafka.transport import TransportError
from pipeline.local.kafka import LocalKafka
from pipeline.local.port import free_port
from pipeline.settings import Settings
from tests.cli.run import cxstream

_NUMBERS = count()


@pytest.fixture
def settings(kafka: LocalKafka) -> Settings:
    """Settings that declare topics which nobody has made yet."""
    number = next(_NUMBERS)
    return Settings(
        kafka_bootstrap=kafka.bootstrap,
        source_topics=(f"topics{number}.web", f"topics{number}.support"),
        source_partitions=3,
        stitch_topic=f"topics{number}.stitch",
        watch_topic=f"topics{number}.watch",
        stitch_partitions=2,
    )


def states(found: list[State]) -> list[tuple[str, str, int]]:
    return [(each.topic.name.partition(".")[2], each.state, each.partitions) for each in found]


async def by_hand(bootstrap: str, name: str, partitions: int, **config: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config)])
    await admin.close()


async def test_what_is_missing_is_made_and_then_is_as_declared(settings: Settings) -> None:
    bootstrap, topics = settings.kafka_bootstrap, declared(settings)
    assert states(await inspect(bootstrap, topics)) == [
        ("web", "missing", 0),
        ("support", "missing", 0),
        ("stitch", "missing", 0),
        ("watch", "missing", 0),
    ]
    assert states(await create(bootstrap, topics)) == [
        ("web", "made", 3),
        ("support", "made", 3),
        ("stitch", "made", 2),
        ("watch", "made", 1),
    ]
    assert {each.state for each in await create(bootstrap, topics)} == {"as declared"}
    await refuse_missing(bootstrap, topics)


async def test_two_who_make_them_at_once_both_succeed(settings: Settings) -> None:
    topics = declared(settings)
    both = await asyncio.gather(*(create(settings.kafka_bootstrap, topics) for _ in range(2)))
    assert all(each.is_good for report in both for each in report)


async def test_another_number_of_partitions_is_told_and_never_changed(settings: Settings) -> None:
    bootstrap = settings.kafka_bootstrap
    await create(bootstrap, declared(settings))
    more = declared(msgspec.structs.replace(settings, source_partitions=4, stitch_partitions=8))
    for report in (await create(bootstrap, more), await inspect(bootstrap, more)):
        assert states(report) == [
            ("web", "differs", 3),
            ("support", "differs", 3),
            ("stitch", "differs", 2),
            ("watch", "as declared", 1),
        ]
        assert "it has 3 partitions and 4 are declared; set source_partitions to" in report[0].cure
        assert "it has 2 partitions and 8 are declared; set stitch_partitions to" in report[2].cure
    with pytest.raises(TransportError, match=r"\.stitch: it has 2 partitions"):
        await refuse_missing(bootstrap, more)


async def test_a_topic_that_senders_clocks_stamp_is_told_with_the_command_that_helps(
    settings: Settings,
) -> None:
    web = declared(settings)[0]
    await by_hand(settings.kafka_bootstrap, web.name, 3)
    [state] = await create(settings.kafka_bootstrap, [web])
    assert state.state == "differs"
    assert "it has message.timestamp.type=CreateTime" in state.cure
    assert f"--entity-name {web.name} --add-config message.timestamp.type=LogAppendTime" in state.cure


async def test_a_stitch_topic_whose_blocks_would_not_fit_is_told(settings: Settings) -> None:
    stitch = declared(settings)[-2]
    config = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "1000000"}
    await by_hand(settings.kafka_bootstrap, stitch.name, 2, **config)
    [state] = await inspect(settings.kafka_bootstrap, [stitch])
    assert "it has max.message.bytes=1000000" in state.cure
    assert "--add-config max.message.bytes=8388608" in state.cure


async def test_what_kafka_refuses_to_make_is_an_error_with_its_reason(settings: Settings) -> None:
    topics = declared(msgspec.structs.replace(settings, topic_replication=3))
    with pytest.raises(TransportError, match=r"does not make topic .*InvalidReplicationFactor.*replication"):
        await create(settings.kafka_bootstrap, topics)


async def test_a_kafka_that_is_not_there_is_said_with_its_address() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with pytest.raises(TransportError, match=f"does not answer at {nowhere}"):
        await inspect(nowhere, declared(Settings()))


def test_by_default_all_are_stamped_by_the_broker_and_have_eight_partitions_but_watch() -> None:
    topics = declared(Settings())
    assert [topic.name for topic in topics] == [
        "interactions.web",
        "interactions.support",
        "interactions.backoffice",
        "stitch",
        "watch",
    ]
    assert [topic.partitions for topic in topics] == [8, 8, 8, 8, 1]
    assert {topic.config["message.timestamp.type"] for topic in topics} == {"LogAppendTime"}
    assert topics[-2].config["retention.ms"] == "-1"


def test_replicated_topics_need_all_replicas_but_one_and_a_clean_leader() -> None:
    for topic in declared(Settings(topic_replication=3)):
        assert topic.config["min.insync.replicas"] == "2"
        assert topic.config["unclean.leader.election.enable"] == "false"


TOPIC = Topic("t", 1, 1, {"message.timestamp.type": "LogAppendTime"})


def test_a_user_who_may_not_read_the_configuration_can_still_work() -> None:
    assert judge(TOPIC, Found(1, config=None)).is_good


def test_a_topic_that_the_brokers_hide_from_a_user_is_not_called_absent() -> None:
    state = judge(TOPIC, Found(error="TopicAuthorizationFailedError"))
    assert state.cure == ("the brokers refuse to tell of it (TopicAuthorizationFailedError); check the ACLs")


def test_the_command_makes_them_checks_them_and_speaks_json(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("topics")
    variables = {
        "CXSTREAM_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "CXSTREAM_SOURCE_TOPICS": settings.source_topics[0],
        "CXSTREAM_STITCH_TOPIC": settings.stitch_topic,
        "CXSTREAM_WATCH_TOPIC": settings.watch_topic,
    }
    absent = cxstream(directory, "topics", "--check", **variables)
    assert absent.returncode == 1
    assert f"{settings.stitch_topic}\tmissing\t0\t8\tit does not exist" in absent.stdout

    made = cxstream(directory, "topics", "--json", **variables)
    assert made.returncode == 0, made.stderr
    assert [msgspec.json.decode(line)["state"] for line in made.stdout.splitlines()] == ["made"] * 3

    assert cxstream(directory, "topics", "--check", **variables).returncode == 0
    other = cxstream(directory, "topics", CXSTREAM_STITCH_PARTITIONS="9", **variables)
    assert other.returncode == 1
    assert "set stitch_partitions" in other.stdout
