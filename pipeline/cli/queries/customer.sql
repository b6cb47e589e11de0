SELECT
    first_seen,
    last_seen,
    channels,
    touchpoints,
    journeys,
    orders,
    currencies,
    revenues,
    frictions_90_days,
    streak,
    open_journey_id,
    open_journey_stage
FROM cx.customers
WHERE customer = {customer:String}
