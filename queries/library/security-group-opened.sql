/*
name: security-group-opened
topic: network and security groups
grain: one row per call that lets in every address (event_id, account_id)
description: Which security groups and network ACLs were opened to the world, and by whom?
period: 30d
parameters:
  resource: {kind: resource, example: sg-0a1b2c3d}
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --since 90d
*/
select
    event_time,
    target,
    rules,
    coalesce(root_human, root_principal_id, principal_id) as who,
    root_confidence as sure,
    account_id,
    account_name,
    region,
    event_name,
    is_console,
    approval,
    source_ip,
    principal_id,
    event_id
from network_changes
where
    is_open_to_world
    and is_success
    and event_time >= $since
    and event_time < $until
    and ($resource is null or list_contains($resource, target_arn))
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
