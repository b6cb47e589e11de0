"""A topic of one's own in the real Kafka."""

from uuid import uuid4

import pytest

from pipeline.local.kafka import LocalKafka
from tests.emit.topics import make_topic


@pytest.fixture
def topic(kafka: LocalKafka) -> str:
    name = f"interactions.{uuid4().hex[:8]}"
    make_topic(kafka.bootstrap, name)
    return name
