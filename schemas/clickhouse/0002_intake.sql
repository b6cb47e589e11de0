CREATE TABLE IF NOT EXISTS cx_store.intake
(
    topic LowCardinality(String) COMMENT 'Topic of the raw record',
    epoch UInt8 COMMENT 'Epoch of the topic: raised when it is made anew',
    partition UInt32 COMMENT 'Partition of the raw record',
    offset UInt64 COMMENT 'Offset of the raw record' CODEC(DoubleDelta, ZSTD(1)),
    outcome LowCardinality(String) COMMENT 'accepted, or the reason of the rejection',
    hash UInt64 COMMENT 'Hash of the accepted interaction, which names its row; 0 for a rejection' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'System that published it; empty where unreadable',
    received DateTime64(3, 'UTC') COMMENT 'When the broker took it' CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, epoch, partition, offset)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'What became of each raw record; read against interactions it gives the residual';
