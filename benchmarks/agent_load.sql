-- A made-up shop in proportion: {customers} customers with 20 touchpoints, 5 sessions, 3 journeys and 1 friction each,
-- and 10 links each that lead to them. Statements end with a semicolon at the end of a line.
INSERT INTO cx_store.interactions (
    day, type, sent_time, source, id, hash, time, received, schema, area, passive, channel, identifiers, anchor, version
)
SELECT
    toDate(time),
    'product_viewed',
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(number) % 5000000) AS time,
    'shop',
    concat('i-', toString(number)),
    number,
    time,
    time,
    'product_viewed/1-0-0',
    'browsing',
    0,
    'web',
    [concat('customer:', lower(hex(cityHash64(number % {customers:UInt32})))),
     concat('device:d', toString(number % {customers:UInt32}))],
    concat('customer:', lower(hex(cityHash64(number % {customers:UInt32})))),
    1
FROM numbers(20 * {customers:UInt32});

INSERT INTO cx_store.touchpoints (
    customer, time, source, id, type, area, channel, passive, session_id, journey_id, number, stage, why, version
)
SELECT
    concat('customer:', lower(hex(cityHash64(number % {customers:UInt32})))) AS customer,
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(number) % 5000000),
    'shop',
    concat('i-', toString(number)),
    'product_viewed',
    'browsing',
    'web',
    0,
    concat('s-', toString(number % {customers:UInt32}), '-', toString(intDiv(number, {customers:UInt32}) % 5)),
    concat('j-', toString(number % {customers:UInt32}), '-', toString(intDiv(number, {customers:UInt32}) % 3)),
    1 + intDiv(number, {customers:UInt32}),
    'consider',
    'person',
    1
FROM numbers(20 * {customers:UInt32});

INSERT INTO cx_store.sessions (
    customer, started, session_id, ended, interactions, channels, channel, source, version
)
SELECT
    concat('customer:', lower(hex(cityHash64(number % {customers:UInt32})))),
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(number) % 5000000) AS started,
    concat('s-', toString(number % {customers:UInt32}), '-', toString(intDiv(number, {customers:UInt32}))),
    started + toIntervalMinute(9),
    4,
    ['web'],
    'web',
    'shop',
    1
FROM numbers(5 * {customers:UInt32});

INSERT INTO cx_store.journeys (
    customer, started, journey_id, last_step_at, closes_at, stage, outcome, order_id, steps, channels, sessions, value,
    currency, version
)
SELECT
    concat('customer:', lower(hex(cityHash64(number % {customers:UInt32})))),
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(number) % 5000000) AS started,
    concat('j-', toString(number % {customers:UInt32}), '-', toString(intDiv(number, {customers:UInt32}))),
    started + toIntervalDay(3),
    started + toIntervalDay(60),
    'purchased',
    'purchased',
    concat('O-', toString(number)),
    6,
    ['web'],
    2,
    4900,
    'EUR',
    1
FROM numbers(3 * {customers:UInt32});

INSERT INTO cx_store.frictions (
    customer, time, source, id, kind, absence, channel, session_id, journey_id, score, streak, version
)
SELECT
    concat('customer:', lower(hex(cityHash64(number)))),
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(number) % 5000000),
    'shop',
    concat('i-', toString(number)),
    if(number % 2 = 0, 'late_delivery', 'payment_failed'),
    number % 2 = 0,
    'web',
    concat('s-', toString(number), '-0'),
    concat('j-', toString(number), '-0'),
    1,
    1,
    1
FROM numbers({customers:UInt32});

INSERT INTO cx_store.identity (
    from_identifier, to_identifier, state, first_seen, last_seen, evidence, first_source, first_id, version
)
WITH
    number % {customers:UInt32} AS who,
    intDiv(number, {customers:UInt32}) AS kind,
    lower(hex(sipHash128(who))) AS hash,
    lower(hex(cityHash64(who))) AS name
SELECT
    [
        concat('email:k1:', hash), concat('phone:k1:', hash), concat('device:d', toString(who)),
        concat('anonymous:a-', name), concat('order:O-', toString(who)),
        concat('order:O-', toString({customers:UInt32} + who)), concat('ticket:T-', toString(who)),
        concat('shipment:S-', toString(who)), concat('cart:', hash), concat('conversation:', hash)
    ][kind + 1],
    [
        concat('customer:', name), concat('email:k1:', hash), concat('customer:', name),
        concat('email:k1:', hash), concat('customer:', name),
        concat('customer:', name), concat('order:O-', toString(who)),
        concat('order:O-', toString(who)), concat('anonymous:a-', name), concat('device:d', toString(who))
    ][kind + 1],
    'live',
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(cityHash64(number) % 5000000) AS first_seen,
    first_seen + toIntervalDay(1),
    3,
    'shop',
    concat('i-', toString(who)),
    1
FROM numbers(10 * {customers:UInt32});

INSERT INTO cx_store.progress (epoch, partition, watermark, position)
VALUES (0, 0, '2026-03-02 00:00:00', 1);
