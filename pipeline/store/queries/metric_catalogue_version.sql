SELECT max(version)
FROM cx_store.metric_catalogue
