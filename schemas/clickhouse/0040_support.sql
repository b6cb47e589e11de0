CREATE OR REPLACE VIEW cx.contacts
(
    customer String COMMENT 'The resolved person',
    time DateTime64(3, 'UTC') COMMENT 'When the contact started',
    source LowCardinality(String) COMMENT 'System that published the start',
    id String COMMENT 'Id of the interaction that started it',
    channel LowCardinality(String) COMMENT 'Channel of the start',
    thing String COMMENT 'The conversation, call (contact) or ticket, as kind:id',
    reason_code LowCardinality(String) COMMENT 'What it is about, as the start says; empty where it does not',
    journey_id String COMMENT 'Journey in which it started; empty for none',
    session_id String COMMENT 'Session in which it started; empty for none',
    first_reply_seconds Nullable(Float64) COMMENT 'Chats and tickets: from the customer''s first message or the ticket to the first message by an agent, bots aside; NULL without a reply',
    queue_seconds Nullable(Float64) COMMENT 'Calls: from the first queue to the agent; NULL where no agent was reached',
    queued UInt8 COMMENT 'Calls: 1 where it was queued',
    abandoned UInt8 COMMENT 'Calls: 1 where it ended after a queue without an agent',
    resolution_seconds Nullable(Float64) COMMENT 'Tickets: from their creation to the last time that they were solved; NULL while unsolved',
    reopened UInt8 COMMENT 'Tickets: 1 where it was reopened',
    handle_seconds Nullable(Float64) COMMENT 'Calls: talked, held and worked after; NULL where the agent''s work was not told',
    transferred UInt8 COMMENT 'Calls: 1 where it was passed on',
    is_repeat UInt8 COMMENT '1 where an earlier contact of the customer about the same reason or order started at most 7 days before'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    customer,
    time,
    source,
    id,
    any(starts.channel) AS channel,
    any(starts.thing) AS thing,
    any(starts.reason_code) AS reason_code,
    any(starts.journey_id) AS journey_id,
    any(starts.session_id) AS session_id,
    any(starts.thread) AS thread,
    thread.1 AS clock_at,
    thread.2 AS replied_at,
    thread.3 AS queued_at,
    thread.4 AS connected_at,
    thread.6 AS created_at,
    thread.7 AS solved_at,
    dateDiff('millisecond', clock_at, replied_at) / 1000 AS first_reply_seconds,
    dateDiff('millisecond', queued_at, connected_at) / 1000 AS queue_seconds,
    queued_at IS NOT NULL AS queued,
    queued = 1 AND connected_at IS NULL AND thread.5 = 1 AS abandoned,
    dateDiff('millisecond', created_at, solved_at) / 1000 AS resolution_seconds,
    thread.8 AS reopened,
    thread.10 AS handle_seconds,
    thread.9 AS transferred,
    max(nth > 1 AND dateDiff('millisecond', before, starts.time) <= 604800000) AS is_repeat
FROM
(
    SELECT
        *,
        lagInFrame(time, 1) OVER same AS before,
        row_number() OVER same AS nth
    FROM
    (
        SELECT
            customer,
            start.1.1 AS time,
            start.1.2 AS source,
            start.1.3 AS id,
            any(start.2) AS channel,
            any(start.3) AS thing,
            any(start.4) AS reason_code,
            any(start.5) AS journey_id,
            any(start.6) AS session_id,
            anyIf(things.thread, part = start.3) AS thread,
            -- What it is about: its reason, the orders that it carries, and the order of the things that it carries
            arrayDistinct(arrayFilter(each -> each != '', arrayConcat(
                [if(reason_code = '', '', concat('reason:', reason_code))], any(start.7), groupArray(first_order)
            ))) AS matters
        FROM
        (
            SELECT
                customer,
                part,
                arraySort(groupArrayIf(
                    ((told.time, source, id), channel, own, reason, journey_id, session_id, orders, type), is_start
                )) AS starts,
                -- The order with which the thing first appears together
                argMinIf(orders[1], (told.time, source, id), notEmpty(orders)) AS first_order,
                minIfOrNull(told.time, starts_clock) AS clock,
                arraySort(groupArrayIf(
                    told.time, type IN ('message_sent', 'ticket_comment_added') AND author = 'agent'
                )) AS replies,
                tuple(
                    clock AS clock_at,
                    arrayFirstOrNull(at -> at >= clock, replies) AS replied_at,
                    minIfOrNull(told.time, type = 'contact_queued') AS queued_at,
                    minIfOrNull(told.time, type = 'contact_connected_to_agent') AS connected_at,
                    max(type = 'contact_disconnected') AS disconnected,
                    minIfOrNull(told.time, type = 'ticket_created') AS created_at,
                    maxIfOrNull(told.time, type = 'ticket_solved') AS solved_at,
                    max(type = 'ticket_reopened') AS reopened,
                    max(type = 'contact_transferred') AS transferred,
                    sumIfOrNull(
                        JSONExtractFloat(data, 'talk_s') + JSONExtractFloat(data, 'hold_s')
                            + JSONExtractFloat(data, 'after_call_s'),
                        type = 'contact_completed'
                    ) AS handle_seconds
                ) AS thread
            FROM
            (
                SELECT
                    customer,
                    contents.time AS time,
                    source,
                    id,
                    type,
                    channel,
                    journey_id,
                    session_id,
                    data,
                    JSONExtractString(data, 'author') AS author,
                    JSONExtractString(data, 'reason_code') AS reason,
                    type = 'ticket_created' OR (type = 'message_sent' AND author = 'customer') AS starts_clock,
                    type IN ('conversation_started', 'ticket_created')
                        OR (
                            type = 'contact_initiated'
                            AND JSONExtractString(data, 'method') NOT IN ('outbound', 'transfer')
                        ) AS is_start,
                    multiIf(
                        type = 'conversation_started', 'conversation:', type = 'contact_initiated', 'contact:', 'ticket:'
                    ) AS kind,
                    arrayFirst(each -> startsWith(each, kind), identifiers) AS own,
                    arrayFilter(each -> startsWith(each, 'order:'), identifiers) AS orders,
                    arrayJoin(
                        arrayFilter(each -> match(each, '^(contact|conversation|ticket):'), identifiers)
                    ) AS part
                FROM cx.touchpoint_contents AS contents
                WHERE type IN (
                    'conversation_started', 'message_sent', 'conversation_ended', 'contact_initiated', 'contact_queued',
                    'contact_connected_to_agent', 'contact_disconnected', 'contact_completed', 'contact_transferred',
                    'ticket_created', 'ticket_comment_added', 'ticket_assigned', 'ticket_solved', 'ticket_reopened',
                    'order_completed'
                )
            ) AS told
            GROUP BY customer, part
        ) AS things
        ARRAY JOIN starts AS start, arrayEnumerate(starts) AS nth_carrier
        GROUP BY customer, time, source, id
        -- A ticket that carries the call or chat of an earlier start is part of that contact
        HAVING NOT max(start.8 = 'ticket_created' AND NOT startsWith(part, 'ticket:') AND nth_carrier > 1)
    ) AS distinct_starts
    ARRAY JOIN if(empty(matters), [concat('itself:', source, '/', id)], matters) AS matter
    WINDOW same AS (
        PARTITION BY customer, matter ORDER BY time, source, id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
    )
) AS starts
GROUP BY customer, time, source, id
COMMENT 'How did each contact with support go? One row for each contact; filter by time';

CREATE OR REPLACE VIEW cx.support
(
    day Date COMMENT 'Day on which the contacts started, UTC',
    channel LowCardinality(String) COMMENT 'Channel on which they started',
    reason_code LowCardinality(String) COMMENT 'What they are about; empty where nobody said',
    contacts UInt64 COMMENT 'Contacts: denominator of repeat_share',
    customers UInt64 COMMENT 'Distinct customers with such a contact',
    repeat_contacts UInt64 COMMENT 'Contacts with an earlier one about the same reason or order at most 7 days before: numerator of repeat_share',
    repeat_share Float64 COMMENT 'repeat_contacts / contacts',
    repeat_share_low Float64 COMMENT 'Lower end of its 95 % interval (Wilson)',
    repeat_share_high Float64 COMMENT 'Upper end of its 95 % interval (Wilson)',
    replied UInt64 COMMENT 'Chats and tickets that an agent answered: n of the reply times',
    first_reply_seconds Nullable(Float64) COMMENT 'Mean time to the first reply by an agent, bots aside; NULL without any',
    first_reply_median_seconds Nullable(Float64) COMMENT 'Median of the same',
    first_reply_p90_seconds Nullable(Float64) COMMENT '90th percentile of the same',
    solved UInt64 COMMENT 'Tickets that were solved: n of the resolution times',
    reopened UInt64 COMMENT 'Tickets that were reopened',
    resolution_seconds Nullable(Float64) COMMENT 'Mean time from the creation of a ticket to the last time that it was solved; NULL without any',
    resolution_median_seconds Nullable(Float64) COMMENT 'Median of the same',
    handled UInt64 COMMENT 'Calls whose work by the agent was told: n of handle_seconds',
    handle_seconds Nullable(Float64) COMMENT 'Mean of talked, held and worked after a call; NULL without any',
    transferred UInt64 COMMENT 'Calls that were passed on',
    queued UInt64 COMMENT 'Calls that were queued: denominator of abandoned_share',
    abandoned UInt64 COMMENT 'Calls that ended after a queue without an agent',
    abandoned_share Nullable(Float64) COMMENT 'abandoned / queued; NULL where none was queued'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    1.959963984540054 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half
SELECT
    toDate(each.time) AS day,
    channel,
    reason_code,
    count() AS contacts,
    uniqExact(customer) AS customers,
    sum(is_repeat) AS repeat_contacts,
    repeat_contacts / contacts AS repeat_share,
    middle(repeat_contacts, contacts) - half(repeat_contacts, contacts) AS repeat_share_low,
    middle(repeat_contacts, contacts) + half(repeat_contacts, contacts) AS repeat_share_high,
    count(each.first_reply_seconds) AS replied,
    avgOrNull(each.first_reply_seconds) AS first_reply_seconds,
    quantileExactInclusiveOrNull(0.5)(each.first_reply_seconds) AS first_reply_median_seconds,
    quantileExactInclusiveOrNull(0.9)(each.first_reply_seconds) AS first_reply_p90_seconds,
    count(each.resolution_seconds) AS solved,
    sum(each.reopened) AS reopened,
    avgOrNull(each.resolution_seconds) AS resolution_seconds,
    quantileExactInclusiveOrNull(0.5)(each.resolution_seconds) AS resolution_median_seconds,
    count(each.handle_seconds) AS handled,
    avgOrNull(each.handle_seconds) AS handle_seconds,
    sum(each.transferred) AS transferred,
    sum(each.queued) AS queued,
    sum(each.abandoned) AS abandoned,
    abandoned / nullIf(queued, 0) AS abandoned_share
FROM cx.contacts AS each
GROUP BY day, channel, reason_code
COMMENT 'Why do customers contact us, and how well are they served? One row for each day of start, channel and reason; filter by day, add up the counts over days';
