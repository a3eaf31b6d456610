/*
name: network-changes
topic: network and security groups
grain: one row per call that changes the network (event_id, account_id)
description: Who changed security groups, routes, gateways and other parts of the network?
period: 7d
parameters:
  resource: {kind: resource, example: vpc-0a1b2c3d}
  kind:
    kind: pattern
    meaning: Only this kind, such as security_group or route_table
    example: route_table
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --kind route_table --since 30d
*/
select
    event_time,
    event_name,
    target,
    coalesce(root_human, root_principal_id, principal_id) as who,
    is_open_to_world,
    is_success,
    rules,
    root_confidence as sure,
    account_id,
    account_name,
    region,
    kind,
    destination,
    error_code,
    approval,
    is_console,
    source_ip,
    principal_id,
    event_id
from network_changes
where
    event_time >= $since
    and event_time < $until
    and ($kind is null or kind like $kind escape '\')
    and ($resource is null or list_contains($resource, target_arn))
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
