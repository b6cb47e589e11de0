SELECT metric
FROM cx.metric_catalogue
ORDER BY metric
