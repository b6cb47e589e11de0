-- Per view a checksum that no order of rows changes. Left out is what the watermark decides: what is final, ended or
-- open, and absences, with what they add to other numbers, since they show only from their deadline on. Refused records count
-- once per content, since each resend of one is refused again; when the broker took a copy is no content.
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
    sum(cityHash64(tuple(sessions.* REPLACE (sessions.frictions - absences.due AS frictions)))) AS checksum
FROM cx.sessions AS sessions
LEFT JOIN
    (
        SELECT
            customer,
            session_id,
            count() AS due
        FROM cx.frictions
        WHERE absence = 1
        GROUP BY customer, session_id
    ) AS absences ON sessions.customer = absences.customer AND sessions.session_id = absences.session_id
UNION ALL
SELECT
    'journeys' AS view,
    count() AS size,
    sum(
        cityHash64(
            tuple(
                journeys.* EXCEPT (ended)
                REPLACE (
                    if(journeys.outcome = 'abandoned', 'open', journeys.outcome) AS outcome,
                    journeys.frictions - absences.due AS frictions
                )
            )
        )
    ) AS checksum
FROM cx.journeys AS journeys
LEFT JOIN
    (
        SELECT
            customer,
            journey_id,
            count() AS due
        FROM cx.frictions
        WHERE absence = 1
        GROUP BY customer, journey_id
    ) AS absences ON journeys.customer = absences.customer AND journeys.journey_id = absences.journey_id
UNION ALL
SELECT
    'frictions' AS view,
    count() AS size,
    sum(cityHash64(tuple(*))) AS checksum
FROM cx.frictions
WHERE absence = 0
UNION ALL
SELECT
    'customers' AS view,
    count() AS size,
    sum(cityHash64(tuple(* EXCEPT (frictions_90_days, streak, open_journey_id, open_journey_stage)))) AS checksum
FROM cx.customers
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
