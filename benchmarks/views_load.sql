-- The folded demo again and again: {copies} more of each customer, with ids of their own. Statements end with a semicolon at
-- the end of a line.
INSERT INTO cx_store.interactions
SELECT once.* REPLACE (concat(id, '~', toString(copy)) AS id, cityHash64(hash, copy) AS hash)
FROM (SELECT * FROM cx_store.interactions FINAL) AS once
CROSS JOIN (SELECT 1 + number AS copy FROM numbers({copies:UInt32})) AS copies;

INSERT INTO cx_store.touchpoints
SELECT once.* REPLACE (
    concat(customer, '~', toString(copy)) AS customer,
    concat(id, '~', toString(copy)) AS id,
    if(session_id = '', '', concat(session_id, '~', toString(copy))) AS session_id,
    if(journey_id = '', '', concat(journey_id, '~', toString(copy))) AS journey_id
)
FROM (SELECT * FROM cx_store.touchpoints FINAL) AS once
CROSS JOIN (SELECT 1 + number AS copy FROM numbers({copies:UInt32})) AS copies;

INSERT INTO cx_store.sessions
SELECT once.* REPLACE (
    concat(customer, '~', toString(copy)) AS customer, concat(session_id, '~', toString(copy)) AS session_id
)
FROM (SELECT * FROM cx_store.sessions FINAL) AS once
CROSS JOIN (SELECT 1 + number AS copy FROM numbers({copies:UInt32})) AS copies;

INSERT INTO cx_store.journeys
SELECT once.* REPLACE (
    concat(customer, '~', toString(copy)) AS customer, concat(journey_id, '~', toString(copy)) AS journey_id
)
FROM (SELECT * FROM cx_store.journeys FINAL) AS once
CROSS JOIN (SELECT 1 + number AS copy FROM numbers({copies:UInt32})) AS copies;

INSERT INTO cx_store.frictions
SELECT once.* REPLACE (
    concat(customer, '~', toString(copy)) AS customer,
    concat(id, '~', toString(copy)) AS id,
    if(session_id = '', '', concat(session_id, '~', toString(copy))) AS session_id,
    if(journey_id = '', '', concat(journey_id, '~', toString(copy))) AS journey_id
)
FROM (SELECT * FROM cx_store.frictions FINAL) AS once
CROSS JOIN (SELECT 1 + number AS copy FROM numbers({copies:UInt32})) AS copies;
