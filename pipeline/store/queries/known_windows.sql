SELECT DISTINCT
    metric,
    toUnixTimestamp(window) AS minute,
    channel,
    source,
    currency,
    declared,
    country,
    device,
    app_version,
    campaign,
    experiments
FROM cx_store.metric_windows
WHERE epoch = {epoch:UInt8} AND partition = {partition:UInt32}
LIMIT {limit:UInt64}
