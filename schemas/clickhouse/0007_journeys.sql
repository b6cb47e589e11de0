CREATE TABLE IF NOT EXISTS cx_store.journeys
(
    customer String COMMENT 'The resolved person' CODEC(ZSTD(1)),
    started DateTime64(3, 'UTC') COMMENT 'Time of its first step' CODEC(Delta, ZSTD(1)),
    journey_id String COMMENT 'Derived from the customer and the first step' CODEC(ZSTD(1)),
    last_step_at DateTime64(3, 'UTC') COMMENT 'Time of its last step' CODEC(Delta, ZSTD(1)),
    closes_at DateTime64(3, 'UTC') COMMENT 'It has ended once the watermark is later' CODEC(Delta, ZSTD(1)),
    stage LowCardinality(String) COMMENT 'Furthest stage that it reached',
    outcome LowCardinality(String) COMMENT 'open before the order; then purchased, cancelled or refunded',
    order_id String COMMENT 'The order; empty before there is one' CODEC(ZSTD(1)),
    purchased_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Time of the order',
    steps UInt32 COMMENT 'Number of steps',
    channels Array(LowCardinality(String)) COMMENT 'Channels in the order in which they appeared, without system',
    sessions UInt32 COMMENT 'Number of sessions',
    frictions UInt32 COMMENT 'Bad experiences in it',
    contacts UInt32 COMMENT 'Contacts that started in it',
    value Nullable(Int64) COMMENT 'Revenue of the order in minor units',
    currency LowCardinality(String) COMMENT 'Currency of the value',
    first_touch String COMMENT 'First campaign up to the order' CODEC(ZSTD(1)),
    last_touch String COMMENT 'Last campaign up to the order' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'Position up to which this is true',
    is_deleted UInt8 COMMENT '1 where the journey is no more'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (customer, started, journey_id)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'What one customer went through around one purchase intent; what time alone changes is in the view';
