/*
name: exposure
topic: exposure and buckets
grain: one row per resource and what decides on it (target, kind, account_id)
description: What is open to everyone or to other accounts, by the last change seen of it?
period: all
parameters:
  resource: {kind: resource, example: exports}
  account: {kind: account}
columns:
  since_time: when it was opened, as far as the data goes
  who: the human who opened it; where not known the principal at the chain's beginning
  days_open: whole days since then, at the end of the period
examples:
  - --account production
  - --until 2026-03-01
*/
with

changes as (
    select
        *,
        coalesce(target_arn, target, account_id) as thing,
        row_number() over (
            partition by coalesce(target_arn, target, account_id), kind, account_id, region
            order by event_time desc, event_id desc
        ) as place_from_last
    from exposure_changes
    where
        event_time >= $since
        and event_time < $until
        and is_exposed is not null
)

select
    coalesce(target, account_id) as target,
    audience,
    reason,
    coalesce(root_human, root_principal_id, principal_id) as who,
    event_time as since_time,
    cast(floor((epoch($until) - epoch(event_time)) / 86400) as bigint) as days_open,
    kind,
    account_id,
    account_name,
    region,
    approval,
    target_arn,
    event_id
from changes
where
    place_from_last = 1
    and is_exposed
    and ($resource is null or list_contains($resource, target_arn))
    and ($account is null or list_contains($account, account_id))
order by audience asc, since_time asc, target asc, kind asc
