SELECT
    journey_id,
    started,
    ended,
    last_step_at,
    stage,
    outcome,
    order_id,
    steps,
    channels,
    sessions,
    frictions,
    contacts,
    value,
    currency
FROM cx.journeys
WHERE customer = {customer:String}
ORDER BY started, journey_id
