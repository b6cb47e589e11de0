-- One row: how many windows there are, and how many of them are final, up to when.
SELECT
    count() AS windows,
    sum(shares.is_final) AS final,
    (SELECT toUnixTimestamp64Milli(decided.watermark) FROM cx.watermark AS decided) AS until
FROM cx.metric_windows AS shares
