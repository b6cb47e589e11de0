SELECT
    epoch,
    partition,
    toUnixTimestamp64Milli(watermark) AS watermark_ms,
    position,
    floor,
    heard
FROM cx_store.progress FINAL
WHERE epoch = {epoch:UInt8}
ORDER BY partition
