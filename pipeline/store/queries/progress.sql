SELECT
    epoch,
    partition,
    toUnixTimestamp64Milli(watermark) AS watermark_ms,
    position,
    floor,
    heard,
    toUnixTimestamp64Milli(appended_at) AS appended_at_ms
FROM cx_store.progress FINAL
WHERE epoch = {epoch:UInt8}
ORDER BY partition
