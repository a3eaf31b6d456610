/*
name: instances-changed
topic: EC2, SSM and snapshots
grain: one row per instance and call that changed it (resource_arn, event_id, account_id)
description: Who started, stopped, changed or ended instances?
period: 7d
parameters:
  resource: {kind: resource, example: i-0a1b2c3d4e5f60718}
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --since 30d --account production
*/
select
    event_time,
    event_name,
    resource_arn,
    coalesce(root_human, root_principal_id, principal_id) as who,
    root_confidence as sure,
    region,
    account_id,
    account_name,
    is_created,
    is_console,
    source_ip,
    principal_id,
    event_id
from resource_history
where
    resource_type = 'ec2:instance'
    and is_target is distinct from false
    and event_time >= $since
    and event_time < $until
    and ($resource is null or list_contains($resource, resource_arn))
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc, resource_arn asc
