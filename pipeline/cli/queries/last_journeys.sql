-- The service agent's query: the newest journeys of the customer behind an identifier of any kind, by live links.
-- A machine that several people share leads to each of them. Every read is by primary key. A link is followed to a
-- stronger kind only, so the recursion ends after at most one hop for each kind, whatever the table holds.
WITH RECURSIVE
[
    'customer', 'loyalty', 'email', 'phone', 'device', 'anonymous', 'order', 'invoice', 'subscription', 'shipment',
    'ticket', 'contact', 'conversation', 'checkout', 'cart', 'survey'
] AS kinds,
chain AS (
    SELECT
        '' AS weaker,
        {identifier:String} AS identifier
    UNION ALL
    SELECT
        link.from_identifier AS weaker,
        link.to_identifier AS identifier
    FROM cx.identity AS link
    WHERE
        link.from_identifier IN (SELECT chain.identifier FROM chain)
        AND link.state = 'live'
        AND indexOf(kinds, substringIndex(link.to_identifier, ':', 1))
        < indexOf(kinds, substringIndex(link.from_identifier, ':', 1))
)

SELECT
    journey.customer AS customer,
    journey.journey_id AS journey_id,
    journey.started AS started,
    journey.ended AS ended,
    journey.last_step_at AS last_step_at,
    journey.stage AS stage,
    journey.outcome AS outcome,
    journey.order_id AS order_id,
    journey.steps AS steps,
    journey.channels AS channels,
    journey.frictions AS frictions,
    journey.contacts AS contacts,
    journey.value AS value,
    journey.currency AS currency
FROM cx.journeys AS journey
WHERE
    journey.customer IN (
        SELECT arrayJoin(arrayExcept(groupArray(chain.identifier), groupArray(chain.weaker))) AS customer
        FROM chain
    )
ORDER BY journey.last_step_at DESC, journey.journey_id ASC
LIMIT {last:UInt32} BY journey.customer
