/*
name: who-changed
topic: resources
grain: one row per resource and call that changed it (resource_arn, event_id, account_id)
description: Who changed a resource, when, and who was really behind it?
period: all
parameters:
  resource: {kind: resource, required: true, example: sg-0a1b2c3d}
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --resource sg-0a1b2c3d
  - --resource 'arn:aws:iam::111122223333:role/deploy*' --since 7d
*/
select
    event_time,
    event_name,
    coalesce(root_human, root_principal_id, principal_id) as who,
    root_confidence as sure,
    principal_id,
    resource_arn,
    approval,
    source_ip,
    is_console,
    region,
    account_id,
    account_name,
    automation,
    user_agent,
    event_id
from resource_history
where
    resource_arn in (select unnest($resource))
    and event_time >= $since
    and event_time < $until
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc, resource_arn asc
