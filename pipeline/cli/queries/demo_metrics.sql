-- Each metric over all channels and sources, the latest day with something in it.
SELECT
    shares.metric AS metric,
    toDate(shares.window) AS day,
    shares.currency AS currency,
    round(sum(shares.numerator), 1) AS numerator,
    sum(shares.denominator) AS denominator,
    sum(shares.n) AS n,
    round(coalesce(sum(shares.numerator) / nullIf(sum(shares.denominator), 0), sum(shares.numerator)), 3) AS value,
    min(shares.is_final) AS final
FROM cx.metric_windows_1_day AS shares
GROUP BY metric, day, currency
ORDER BY metric ASC, currency ASC, day DESC
LIMIT 1 BY metric, currency
