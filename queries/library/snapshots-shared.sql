/*
name: snapshots-shared
topic: EC2, SSM and snapshots
grain: one row per call that shares something, or takes it back (event_id, account_id)
description: Which snapshots and images were shared with others, and which were taken back?
period: all
parameters:
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --since 30d
*/
select
    event_time,
    target,
    is_exposed,
    audience,
    coalesce(root_human, root_principal_id, principal_id) as who,
    event_name,
    root_confidence as sure,
    account_id,
    account_name,
    region,
    target_type,
    approval,
    principal_id,
    event_id
from exposure_changes
where
    kind = 'sharing'
    and event_time >= $since
    and event_time < $until
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
