/*
name: timeline
topic: resources
grain: one row per event and resource it names (event_id, account_id, resource_arn)
description: Everything that happened to a resource, readings and failed calls too
period: 7d
parameters:
  resource: {kind: resource, required: true, example: sg-0a1b2c3d}
  account: {kind: account}
  limit: {kind: number, default: 1000, meaning: Most calls to show}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
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
        resource_arn
    from event_resources
    where
        event_time >= $since
        and event_time < $until
        and (
            resource_arn in (select unnest($resource))
            or resource_type = 's3:object'
            and regexp_extract(resource_arn, '^arn:[^:]*:s3:::[^/]+') in (select unnest($resource))
        )
        and ($account is null or list_contains($account, account_id))
)

select
    calls.event_time,
    calls.event_name,
    coalesce(calls.root_human, calls.root_principal_id, calls.principal_id) as who,
    calls.error_code,
    calls.source_ip,
    calls.is_read_only,
    calls.root_confidence as sure,
    mentions.resource_arn,
    calls.account_id,
    calls.account_name,
    calls.principal_id,
    calls.user_agent,
    calls.event_id
from mentions
inner join event_actors as calls using (event_date, event_id, account_id)
where calls.event_time >= $since and calls.event_time < $until
order by calls.event_time desc, calls.event_id asc, mentions.resource_arn asc
limit $limit
