CREATE TABLE IF NOT EXISTS cx_store.ledger
(
    actor String COMMENT 'The identifier that was told' CODEC(ZSTD(1)),
    position UInt64 COMMENT 'Epoch (8 bits), offset (40) and index in the block (16) of the message' CODEC(ZSTD(1)),
    partition UInt32 COMMENT 'Partition of the stitch topic',
    message String COMMENT 'The message, as it came' CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
ORDER BY (actor, position)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'All state: each message that told an actor something new; rows never change';
