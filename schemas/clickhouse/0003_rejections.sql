CREATE TABLE IF NOT EXISTS cx_store.rejections
(
    topic LowCardinality(String) COMMENT 'Topic of the raw record',
    partition UInt32 COMMENT 'Partition of the raw record',
    offset UInt64 COMMENT 'Offset of the raw record' CODEC(Delta, ZSTD(1)),
    epoch UInt8 COMMENT 'Epoch of the topic: raised when it is made anew',
    received DateTime64(3, 'UTC') COMMENT 'When the broker took it' CODEC(Delta, ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Why it was refused; the first reason that holds',
    path String COMMENT 'JSON path of the fault; $ where the whole record is at fault' CODEC(ZSTD(1)),
    detail String COMMENT 'One sentence: the offending key and what is allowed' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'System that published it, where readable',
    type LowCardinality(String) COMMENT 'Type of the interaction, where readable',
    id String COMMENT 'Id of the interaction, where readable' CODEC(ZSTD(1)),
    value String COMMENT 'The record''s bytes, up to a cap' CODEC(ZSTD(3)),
    value_length UInt32 COMMENT 'Length of the whole record in bytes',
    value_sha256 String COMMENT 'SHA-256 of the whole record, hexadecimal' CODEC(ZSTD(1)),
    headers String COMMENT 'Kafka headers as a JSON object, values as latin-1 text' CODEC(ZSTD(3)),
    key String COMMENT 'Kafka key' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, epoch, partition, offset)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Each refused record with the reason, kept so that it can be replayed';
