"""The local stack: a real Kafka, the real ClickHouse engine and demo traffic, without Docker."""
