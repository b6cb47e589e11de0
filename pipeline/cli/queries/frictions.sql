SELECT
    time,
    kind,
    absence,
    source,
    id,
    channel,
    session_id,
    journey_id,
    score,
    crossed,
    streak,
    streak_ended_at
FROM cx.frictions
WHERE customer = {customer:String}
ORDER BY time, source, id, kind
