/*
name: leavers
topic: principals and keys
grain: one row per person and principal they still call with (human, principal_id)
description: Who has left by the identities file and still calls?
period: all
context: [identities]
columns:
  human: who has left
  left_date: their last day
  principal_id: what they call with
  n_calls: calls after that day, failed ones too
  n_writes: calls of these that do not only read
  first_event_time: the first of these calls
  last_event_time: the last
  source_ips: addresses of these calls
  root_confidence: how sure it is that they are behind it, at best
examples:
  - ""
  - --since 30d
*/
with

gone as (
    select
        principal_id,
        any_value(human) as human,
        max(left_date) as left_date
    from identities
    where left_date is not null
    group by principal_id
    having count(*) filter (where left_date is null) = 0
),

calls as (
    select
        *,
        coalesce(root_principal_id, principal_id) as caller,
        regexp_extract(coalesce(root_principal_id, principal_id), '[^/]+$') as caller_name
    from event_actors
    where event_time >= $since and event_time < $until
)

select
    gone.human,
    gone.left_date,
    calls.principal_id,
    count(*) as n_calls,
    max(calls.event_time) as last_event_time,
    list_sort(array_agg(distinct calls.source_ip) filter (where calls.source_ip is not null))
        as source_ips,
    count(*) filter (where not calls.is_read_only) as n_writes,
    min(calls.event_time) as first_event_time,
    min(calls.root_confidence) as root_confidence
from calls
inner join gone on gone.principal_id in (calls.caller, calls.caller_name)
where calls.event_date > gone.left_date
group by gone.human, gone.left_date, calls.principal_id
order by n_calls desc, gone.human asc, calls.principal_id asc
