SELECT
    metric,
    number,
    meaning,
    kind,
    unit,
    scale,
    good,
    numerator,
    denominator,
    counted_at,
    final_after_seconds,
    minimum_n,
    quantile,
    dimensions,
    formula
FROM cx_store.metric_catalogue FINAL
ORDER BY number
