-- One row per stitch partition: its watermark, and up to when each raw partition was heard there. What is final is the
-- same in all rows.
SELECT
    partition,
    toUnixTimestamp64Milli(heard.watermark) AS until,
    heard.heard AS heard,
    (SELECT toUnixTimestamp64Milli(decided.watermark) FROM cx.watermark AS decided) AS final
FROM cx.progress AS heard
WHERE heard.epoch = (SELECT max(newest.epoch) FROM cx.progress AS newest)
ORDER BY partition
