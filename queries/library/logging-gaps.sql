/*
name: logging-gaps
topic: logging and tampering
grain: one row per call that stopped, removed or narrowed a log (event_id, account_id)
description: When were logs or detection off, for how long, and who turned them off?
period: 90d
parameters:
  account: {kind: account}
columns:
  who: the human who did it; where not known the principal at the chain's beginning, else its own
  restored_time: when the same was started again; null, not in the period
  minutes_off: minutes between; null, not started again
  sure: how sure it is who it was; none, the way back was not found
examples:
  - --since 30d
*/
with

changes as (
    select
        *,
        min(case when effect = 'started' then event_time end) over (
            partition by account_id, kind, coalesce(target_arn, target)
            order by event_time asc, event_id asc
            rows between 1 following and unbounded following
        ) as restored_time
    from logging_changes
    where
        is_success
        and event_time >= $since
        and event_time < $until
        and ($account is null or list_contains($account, account_id))
)

select
    event_time,
    event_name,
    cast(round((epoch(restored_time) - epoch(event_time)) / 60) as bigint) as minutes_off,
    coalesce(root_human, root_principal_id, principal_id) as who,
    target,
    effect,
    restored_time,
    root_confidence as sure,
    account_id,
    account_name,
    kind,
    region,
    approval,
    source_ip,
    principal_id,
    event_id
from changes
where effect in ('stopped', 'removed', 'narrowed')
order by event_time desc, event_id asc
