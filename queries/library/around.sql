/*
name: around
topic: principals and keys
grain: one row per call near the event (event_id, account_id)
description: What else did the same session, principal, person or address do around an event?
parameters:
  event: {kind: event, required: true, example: 50b40578}
  minutes: {kind: number, default: 60, meaning: Minutes before and after it}
columns:
  seconds: seconds after the event; negative, before it
  same: what it has in common with the event - session, principal, person, address, the nearest
  service: the service that was asked
examples:
  - --event 50b40578
  - --event 50b40578 --minutes 1440
*/
with

anchors as (
    select
        event_time,
        session_id,
        principal_id,
        coalesce(root_human, root_principal_id) as person,
        source_ip
    from event_actors
    where
        event_id in (select unnest($event))
        and event_time >= $event_since
        and event_time < $event_until
),

near as (
    select
        calls.*,
        epoch(calls.event_time) - epoch(anchors.event_time) as distance,
        case
            when calls.session_id = anchors.session_id then 'session'
            when calls.principal_id = anchors.principal_id then 'principal'
            when coalesce(calls.root_human, calls.root_principal_id) = anchors.person
                then 'person'
            when calls.source_ip = anchors.source_ip then 'address'
        end as same
    from event_actors as calls
    cross join anchors
    where
        calls.event_time >= $event_since - to_minutes(cast($minutes as bigint))
        and calls.event_time < $event_until + to_minutes(cast($minutes as bigint))
        and calls.event_time >= anchors.event_time - to_minutes(cast($minutes as bigint))
        and calls.event_time <= anchors.event_time + to_minutes(cast($minutes as bigint))
)

select
    event_time,
    cast(round(distance) as bigint) as seconds,
    replace(event_source, '.amazonaws.com', '') as service,
    event_name,
    error_code,
    same,
    principal_id,
    source_ip,
    account_id,
    account_name,
    region,
    event_id
from near
where same is not null
qualify row_number() over (partition by event_id, account_id order by abs(distance)) = 1
order by event_time asc, event_id asc
