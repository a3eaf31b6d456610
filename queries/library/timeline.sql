/*
name: timeline
topic: resources
grain: one row per call (event_id, account_id), newest first
description: Everything that happened to a resource, readings and failed calls too
period: 7d
first: resource
parameters:
  resource: {kind: resource, required: true, example: sg-0a1b2c3d}
  account: {kind: account}
  limit: {kind: number, default: 200, meaning: 'Most calls to show; 0, all'}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
  resource_arns: what it names of that; an object's call names its bucket too
examples:
  - --resource sg-0a1b2c3d --since 30d
  - --resource s3://exports/2026/report.csv
*/
with

mentions as (
    select
        event_date,
        event_id,
        account_id,
        list_sort(array_agg(distinct resource_arn)) as resource_arns
    from event_resources
    where
        event_time >= $events_since
        and event_time < $events_until
        and ($events is null or list_contains($events, event_id))
        and (
            list_contains($resource, resource_arn)
            or resource_type = 's3:object'
            and list_contains($resource, regexp_extract(resource_arn, '^arn:[^:]*:s3:::[^/]+'))
        )
    group by event_date, event_id, account_id
),

calls as (
    select *
    from event_actors
    where
        event_time >= $events_since
        and event_time < $events_until
        and ($events is null or list_contains($events, event_id))
)

select
    calls.event_time,
    calls.event_name,
    coalesce(calls.root_human, calls.root_principal_id, calls.principal_id) as who,
    calls.error_code,
    calls.source_ip,
    calls.is_read_only,
    calls.root_confidence as sure,
    mentions.resource_arns,
    calls.account_id,
    calls.account_name,
    calls.principal_id,
    calls.user_agent,
    calls.event_id
from mentions
inner join calls using (event_date, event_id, account_id)
where $account is null or list_contains($account, calls.account_id)
order by calls.event_time desc, calls.event_id asc
