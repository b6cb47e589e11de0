CREATE TABLE IF NOT EXISTS cx_store.sessions
(
    customer String COMMENT 'The resolved person' CODEC(ZSTD(1)),
    started DateTime64(3, 'UTC') COMMENT 'Time of its first interaction' CODEC(Delta, ZSTD(1)),
    session_id String COMMENT 'Derived from the customer and the start' CODEC(ZSTD(1)),
    ended DateTime64(3, 'UTC') COMMENT 'Time of its last interaction' CODEC(Delta, ZSTD(1)),
    interactions UInt32 COMMENT 'Interactions in it, without passive ones',
    channels Array(LowCardinality(String)) COMMENT 'Channels in the order in which they appeared',
    channel LowCardinality(String) COMMENT 'Channel of the first interaction',
    source LowCardinality(String) COMMENT 'Source of the first interaction',
    orders UInt32 COMMENT 'Orders completed in it',
    frictions UInt32 COMMENT 'Bad experiences in it',
    version UInt64 COMMENT 'Position up to which this is true',
    is_deleted UInt8 COMMENT '1 where the session is no more'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (customer, started, session_id)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Bursts of interactions of one customer over all channels';
