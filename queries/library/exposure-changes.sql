/*
name: exposure-changes
topic: exposure and buckets
grain: one row per call that opens something to others, or closes it (event_id, account_id)
description: What was opened to others, what was closed, when, and by whom?
period: 30d
parameters:
  resource: {kind: resource, example: exports}
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --resource exports --since 90d
*/
select
    event_time,
    target,
    is_exposed,
    coalesce(root_human, root_principal_id, principal_id) as who,
    audience,
    reason,
    event_name,
    root_confidence as sure,
    account_id,
    account_name,
    kind,
    region,
    approval,
    principal_id,
    event_id
from exposure_changes
where
    event_time >= $since
    and event_time < $until
    and ($resource is null or list_contains($resource, target_arn))
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
