-- Whose the interactions are that carry an identifier, over time: neighbours with the same customer are one row.
-- Only who can be reached from them by links of any state can own them; so touchpoints are read by primary key.
WITH RECURSIVE carriers AS (
    SELECT
        source,
        id,
        anchor
    FROM cx.interactions
    WHERE has(identifiers, {identifier:String})
),

up AS (
    SELECT arrayJoin(arrayConcat([{identifier:String}], groupUniqArray(carriers.anchor))) AS identifier
    FROM carriers
    UNION ALL
    SELECT DISTINCT link.to_identifier AS identifier
    FROM cx.identity AS link
    WHERE
        link.from_identifier IN (SELECT up.identifier FROM up)
        AND indexOf({kinds:Array(String)}, substringIndex(link.to_identifier, ':', 1))
        < indexOf({kinds:Array(String)}, substringIndex(link.from_identifier, ':', 1))
)

SELECT
    min(time) AS first_at,
    max(time) AS last_at,
    count() AS interactions,
    any(customer) AS customer
FROM (
    SELECT
        time,
        customer,
        sum(differs) OVER (ORDER BY time ASC, source ASC, id ASC, customer ASC ROWS UNBOUNDED PRECEDING) AS number
    FROM (
        SELECT
            touchpoint.time AS time,
            touchpoint.source AS source,
            touchpoint.id AS id,
            touchpoint.customer AS customer,
            touchpoint.customer != lagInFrame(touchpoint.customer) OVER (
                ORDER BY touchpoint.time ASC, touchpoint.source ASC, touchpoint.id ASC, touchpoint.customer ASC
                ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
            ) AS differs
        FROM cx.touchpoints AS touchpoint
        WHERE
            touchpoint.customer IN (SELECT up.identifier FROM up)
            AND touchpoint.area != 'identity' -- said about it, not done with it
            AND (touchpoint.source, touchpoint.id) IN (
                SELECT
                    carriers.source,
                    carriers.id
                FROM carriers
            )
    ) AS steps
) AS numbered
GROUP BY number
ORDER BY number
