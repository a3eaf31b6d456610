/*
name: scope-changes
topic: manual against automated changes
grain: one row per resource and call that changed it (resource_arn, event_id, account_id)
description: Who changed what is in a scope, such as the systems of an audit?
period: 30d
context: [scopes]
parameters:
  scope:
    kind: text
    required: true
    meaning: The scope, as the scopes file names it
    example: pci
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --scope pci --since 90d
*/
select
    event_time,
    event_name,
    resource_arn,
    coalesce(root_human, root_principal_id, principal_id) as who,
    approval,
    root_confidence as sure,
    account_id,
    account_name,
    is_console,
    source_ip,
    principal_id,
    event_id
from resource_history
where
    list_contains(scopes, $scope)
    and resource_type is distinct from 's3:object'
    and event_time >= $since
    and event_time < $until
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc, resource_arn asc
