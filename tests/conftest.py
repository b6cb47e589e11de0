"""Fixtures that many tests share: real servers, started once per run."""

from tests.local.clickhouse_fixture import clickhouse
from tests.local.kafka_fixture import kafka

__all__ = ["clickhouse", "kafka"]
