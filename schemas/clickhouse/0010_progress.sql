CREATE TABLE IF NOT EXISTS cx_store.progress
(
    epoch UInt8 COMMENT 'Epoch of the stitch topic',
    partition UInt32 COMMENT 'Partition of the stitch topic',
    watermark DateTime64(3, 'UTC') COMMENT 'Event time that every raw partition has passed; 1970 until each was heard of',
    position UInt64 COMMENT 'Position of the last message that is in the tables',
    floor UInt64 COMMENT 'Offsets are never set back below it',
    heard String COMMENT 'JSON object: topic/partition of each raw partition to its watermark in milliseconds'
)
ENGINE = ReplacingMergeTree(position)
ORDER BY (epoch, partition)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'How far each stitch partition has come; written after everything else of its batch';
