SELECT
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
    experiments,
    epoch,
    partition,
    numerator,
    denominator,
    n,
    buckets,
    counts,
    version
FROM cx_store.metric_windows
WHERE
    epoch = {epoch:UInt8}
    AND partition = {partition:UInt32}
    AND metric IN {metrics:Array(String)}
    AND window IN {minutes:Array(UInt32)}
    AND (
        metric,
        toUnixTimestamp(window),
        channel,
        source,
        currency,
        declared,
        country,
        device,
        app_version,
        campaign,
        experiments
    )
    IN {keys:Array(Tuple(String, UInt32, String, String, String, String, String, String, String, String, String))}
ORDER BY version DESC
LIMIT 1 BY metric, window, channel, source, currency, declared, country, device, app_version, campaign, experiments
