-- What the metrics' queries share, from domain.md alone: no table of sessions, journeys or windows is read.
archive AS ( -- of several copies with one anchor the earliest, of equals the one with the smaller hash
    SELECT * FROM cx.interactions ORDER BY time, hash LIMIT 1 BY source, id, anchor
),
steps AS (
    SELECT
        whose.customer AS customer,
        archive.time AS time,
        archive.source AS source,
        archive.id AS id,
        (archive.time, archive.source, archive.id) AS at,
        archive.type AS type,
        archive.channel AS channel,
        archive.passive AS passive,
        archive.data AS data,
        archive.identifiers AS identifiers
    FROM cx.touchpoints AS whose
    INNER JOIN archive ON whose.source = archive.source AND whose.id = archive.id AND whose.time = archive.time
    LIMIT 1 BY customer, source, id
),
orders AS (
    SELECT
        customer,
        arrayFirst(each -> startsWith(each, 'order:'), identifiers) AS order_id,
        min(at) AS first_at,
        tupleElement(first_at, 1) AS time,
        argMin(channel, at) AS channel,
        argMin(source, at) AS source,
        argMin(data, at) AS data
    FROM steps
    WHERE type = 'order_completed' AND order_id != ''
    GROUP BY customer, order_id
),
order_times AS (SELECT customer, groupArray(time) AS times FROM orders GROUP BY customer),
sessions AS (
    SELECT
        customer,
        number,
        min(time) AS started,
        max(time) AS ended,
        argMin(channel, at) AS channel,
        argMin(source, at) AS source
    FROM
    (
        SELECT
            *,
            sum(is_new) OVER (PARTITION BY customer ORDER BY at ROWS UNBOUNDED PRECEDING) AS number
        FROM
        (
            SELECT
                *,
                row_number() OVER in_order AS place,
                lagInFrame(time) OVER in_order AS before,
                place = 1 OR dateDiff('millisecond', before, time) > 30 * 60 * 1000 AS is_new
            FROM steps
            WHERE NOT passive
            WINDOW in_order AS (PARTITION BY customer ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
        )
    )
    GROUP BY customer, number
),
answers AS (
    SELECT
        customer,
        survey,
        argMax(time, at) AS time,
        argMax(channel, at) AS channel,
        argMax(source, at) AS source,
        argMax(said.kind, at) AS kind,
        argMax(said.scale_min, at) AS low,
        argMax(said.scale_max, at) AS high,
        argMax(said.score, at) AS given,
        argMax(said.polarity, at) AS polarity,
        if(polarity = 'lower_is_better' AND kind != 'nps', low + high - given, given) AS score
    FROM
    (
        SELECT
            customer,
            time,
            at,
            channel,
            source,
            arrayFirst(each -> startsWith(each, 'survey:'), identifiers) AS carried,
            if(carried = '', concat(source, '/', id), carried) AS survey,
            JSONExtract(
                data, 'Tuple(kind String, score Float64, scale_min Float64, scale_max Float64, polarity String)'
            ) AS said
        FROM steps
        WHERE type = 'survey_answered'
    )
    WHERE
        said.score BETWEEN said.scale_min AND said.scale_max
        AND (said.kind != 'nps' OR (said.scale_min, said.scale_max) = (0, 10))
    GROUP BY customer, survey
),
about AS ( -- each interaction with each order that it carries
    SELECT *, order_id
    FROM steps
    ARRAY JOIN arrayFilter(each -> startsWith(each, 'order:'), identifiers) AS order_id
),
belonging AS ( -- a thing belongs to the order with which it first appears together
    SELECT
        customer,
        thing,
        argMin(belongs_to, at) AS order_id
    FROM
    (
        SELECT
            steps.customer AS customer,
            at,
            identifiers,
            arrayFirst(
                each -> startsWith(each, 'order:') AND has(completed.ids, each), identifiers
            ) AS belongs_to
        FROM steps
        INNER JOIN (SELECT customer, groupArray(order_id) AS ids FROM orders GROUP BY customer) AS completed
            ON steps.customer = completed.customer
        WHERE belongs_to != ''
    )
    ARRAY JOIN arrayFilter(
        each -> splitByChar(':', each)[1] IN (
            'shipment', 'ticket', 'contact', 'conversation', 'invoice', 'survey', 'cart', 'checkout', 'subscription'
        ),
        identifiers
    ) AS thing
    GROUP BY customer, thing
),
belongings AS (SELECT customer, mapFromArrays(groupArray(thing), groupArray(order_id)) AS order_of FROM belonging GROUP BY customer),
candidates AS (
    SELECT *, arrayFilter(each -> startsWith(each, 'contact:') OR startsWith(each, 'conversation:'), identifiers) AS talks
    FROM steps
    WHERE
        type IN ('conversation_started', 'ticket_created')
        OR (type = 'contact_initiated' AND JSONExtractString(data, 'method') NOT IN ('outbound', 'transfer'))
),
first_talks AS (
    SELECT customer, talk, min(at) AS first_at
    FROM candidates
    ARRAY JOIN talks AS talk
    GROUP BY customer, talk
),
talks_of AS (SELECT customer, mapFromArrays(groupArray(talk), groupArray(first_at)) AS first_of FROM first_talks GROUP BY customer),
contacts AS (
    SELECT
        candidates.customer AS customer,
        candidates.time AS time,
        candidates.at AS at,
        candidates.type AS type,
        candidates.channel AS channel,
        candidates.source AS source,
        JSONExtractString(data, 'reason_code') AS reason_code,
        arrayDistinct(
            arrayFilter(
                each -> startsWith(each, 'order:'),
                arrayConcat(identifiers, arrayMap(each -> belongings.order_of[each], identifiers))
            )
        ) AS order_ids,
        arrayConcat(if(reason_code = '', [], [concat('reason:', reason_code)]), order_ids) AS matters
    FROM candidates
    LEFT JOIN talks_of ON candidates.customer = talks_of.customer
    LEFT JOIN belongings ON candidates.customer = belongings.customer
    WHERE NOT (candidates.type = 'ticket_created' AND arrayExists(each -> talks_of.first_of[each] < candidates.at, candidates.talks))
),
contacts_of AS (
    SELECT contacts.customer AS customer, groupArray((contacts.at, contacts.time, contacts.matters)) AS starts
    FROM contacts
    GROUP BY contacts.customer
)
