-- The windows that {interactions} interactions of a made-up shop leave, in proportion: half of them make one (decision 0087),
-- in 28 days up to the newest minute, spread over every metric of the catalogue and over its dimensions.
-- Statements end with a semicolon at the end of a line.
INSERT INTO cx_store.metric_windows (
    metric, window, channel, source, currency, declared, country, device, app_version, campaign, experiments,
    epoch, partition, numerator, denominator, n, buckets, counts, version
)
WITH
    catalogue AS (SELECT groupArray((metric, kind, scale)) AS metrics FROM cx_store.metric_catalogue FINAL)
SELECT
    metrics[1 + cityHash64(number, 'metric') % length(metrics)].1 AS metric,
    toDateTime('2026-03-01 00:00:00', 'UTC') - toIntervalMinute(cityHash64(number, 'minute') % 40320) AS window,
    ['web', 'app', 'store', 'phone', 'email', 'chat'][1 + cityHash64(number, 'channel') % 6] AS channel,
    concat('source-', channel) AS source,
    if(metric IN ('revenue', 'average_order_value'), ['EUR', 'USD'][1 + cityHash64(number, 'currency') % 2], '') AS currency,
    if(metric = 'payment_failure_rate', concat('method=', toString(cityHash64(number, 'method') % 5)), '') AS declared,
    concat('C', toString(cityHash64(number, 'country') % 40)) AS country,
    ['mobile', 'desktop', 'tablet'][1 + cityHash64(number, 'device') % 3] AS device,
    if(channel = 'app', concat('4.', toString(cityHash64(number, 'version') % 300)), '') AS app_version,
    concat('search/cpc/', toString(cityHash64(number, 'campaign') % 500)) AS campaign,
    concat('header=', toString(cityHash64(number, 'experiment') % 2)) AS experiments,
    0 AS epoch,
    cityHash64(number, 'partition') % 8 AS partition,
    cityHash64(number, 'numerator') % 2 AS numerator,
    1 AS denominator,
    1 AS n,
    if(metrics[1 + cityHash64(number, 'metric') % length(metrics)].2 IN ('mean', 'quantile'), [toInt32(cityHash64(number, 'bucket') % 400)], []) AS buckets,
    if(empty(buckets), [], [1]) AS counts,
    1 AS version
FROM numbers({interactions:UInt32}) AS numbers
CROSS JOIN catalogue;

INSERT INTO cx_store.progress (epoch, partition, watermark, position, floor, heard)
SELECT
    0,
    number,
    toDateTime64('2026-02-28 23:50:00', 3, 'UTC'),
    1,
    0,
    '{}'
FROM numbers(8);
