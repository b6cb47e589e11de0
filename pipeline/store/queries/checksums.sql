-- Per view a checksum that no order of rows changes. Left out is what the watermark decides, absences too; refused
-- records count once per content, since each resend of one is refused again; when the broker took a copy is no content.
SELECT
    'interactions' AS view,
    count() AS size,
    sum(cityHash64(tuple(* EXCEPT (received)))) AS checksum
FROM cx.interactions
UNION ALL
SELECT
    'conflicts' AS view,
    count() AS size,
    sum(cityHash64(tuple(*))) AS checksum
FROM cx.conflicts
UNION ALL
SELECT
    'rejections' AS view,
    count() AS size,
    sum(cityHash64(tuple(*))) AS checksum
FROM (SELECT DISTINCT reason, path, detail, source, type, id, value_length, value_sha256 FROM cx.rejections)
UNION ALL
SELECT
    'touchpoints' AS view,
    count() AS size,
    sum(cityHash64(tuple(*))) AS checksum
FROM cx.touchpoints
UNION ALL
SELECT
    'sessions' AS view,
    count() AS size,
    sum(cityHash64(tuple(* EXCEPT (frictions)))) AS checksum
FROM cx.sessions
UNION ALL
SELECT
    'journeys' AS view,
    count() AS size,
    sum(cityHash64(tuple(* EXCEPT (ended, frictions) REPLACE (if(outcome = 'abandoned', 'open', outcome) AS outcome)))) AS checksum
FROM cx.journeys
UNION ALL
SELECT
    'frictions' AS view,
    count() AS size,
    sum(cityHash64(tuple(*))) AS checksum
FROM cx.frictions
WHERE absence = 0
UNION ALL
SELECT
    'identity' AS view,
    count() AS size,
    sum(cityHash64(tuple(*))) AS checksum
FROM cx.identity
UNION ALL
SELECT
    'metric_windows' AS view,
    count() AS size,
    sum(cityHash64(tuple(* EXCEPT (is_final, watermark)))) AS checksum
FROM cx.metric_windows
UNION ALL
SELECT
    'metric_windows_5_minutes' AS view,
    count() AS size,
    sum(cityHash64(tuple(* EXCEPT (is_final, watermark)))) AS checksum
FROM cx.metric_windows_5_minutes
UNION ALL
SELECT
    'metric_windows_1_hour' AS view,
    count() AS size,
    sum(cityHash64(tuple(* EXCEPT (is_final, watermark)))) AS checksum
FROM cx.metric_windows_1_hour
UNION ALL
SELECT
    'metric_windows_1_day' AS view,
    count() AS size,
    sum(cityHash64(tuple(* EXCEPT (is_final, watermark)))) AS checksum
FROM cx.metric_windows_1_day
