-- One row: what was read and is nowhere, and how the newest hour of intake went.
WITH (SELECT max(minute) - INTERVAL 1 HOUR FROM cx.intake_by_minute) AS recent
SELECT
    (SELECT sum(residual) FROM cx.residual) AS residual,
    sum(received) AS received,
    sum(rejected) AS rejected
FROM cx.intake_by_minute
WHERE minute > recent
