CREATE TABLE IF NOT EXISTS cx_store.identity
(
    from_identifier String COMMENT 'The weaker identifier' CODEC(ZSTD(1)),
    to_identifier String COMMENT 'The stronger identifier' CODEC(ZSTD(1)),
    state LowCardinality(String) COMMENT 'live, removed or refused',
    reason LowCardinality(String) COMMENT 'Why it was refused or removed; empty while live',
    first_seen DateTime64(3, 'UTC') COMMENT 'Time of its first evidence' CODEC(Delta, ZSTD(1)),
    last_seen DateTime64(3, 'UTC') COMMENT 'Time of its last evidence' CODEC(Delta, ZSTD(1)),
    evidence UInt32 COMMENT 'Number of interactions that are evidence for it',
    first_source LowCardinality(String) COMMENT 'Source of the first evidence',
    first_id String COMMENT 'Id of the first evidence' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'Position up to which this is true',
    is_deleted UInt8 COMMENT '1 where the link is no more',
    INDEX by_target to_identifier TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (from_identifier, to_identifier)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Links between identifiers with their evidence; never a destructive merge';
