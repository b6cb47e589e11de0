-- One row: what was read and is nowhere, and how the newest hour of intake went.
SELECT
    (SELECT sum(stored.residual) FROM cx.residual AS stored) AS residual,
    sum(intake.received) AS received,
    sum(intake.rejected) AS rejected
FROM cx.intake_by_minute AS intake
WHERE intake.minute > (SELECT max(newest.minute) - INTERVAL 1 HOUR FROM cx.intake_by_minute AS newest)
