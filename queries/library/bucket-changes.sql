/*
name: bucket-changes
topic: exposure and buckets
grain: one row per bucket and call that changed it (resource_arn, event_id, account_id)
description: Who changed how a bucket is set up?
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
    event_name,
    resource_arn,
    coalesce(root_human, root_principal_id, principal_id) as who,
    root_confidence as sure,
    account_id,
    account_name,
    source_ip,
    is_console,
    principal_id,
    approval,
    event_id
from resource_history
where
    resource_type = 's3:bucket'
    and event_source = 's3.amazonaws.com'
    and is_target is distinct from false
    and event_time >= $since
    and event_time < $until
    and ($resource is null or list_contains($resource, resource_arn))
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc, resource_arn asc
