/*
name: permission-changes
topic: IAM
grain: one row per call that changes who may do what (event_id, account_id)
description: Who changed permissions, trust or credentials, and of whom?
period: 30d
parameters:
  principal: {kind: principal}
  target:
    kind: pattern
    meaning: Only changes of what is named so; * stands for anything
    example: '*admin*'
  kind:
    kind: choice
    choices: [all, grant, revoke, policy, resource_policy, trust, boundary, credential, identity,
      guardrail]
    default: all
    meaning: Only this kind of change
    example: credential
  account: {kind: account}
columns:
  policy: the managed policy, or the name of the inline one
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --kind credential --since 7d
  - --target '*admin*'
*/
select
    event_time,
    event_name,
    target,
    coalesce(root_human, root_principal_id, principal_id) as who,
    is_success,
    coalesce(policy_arn, policy_name) as policy,
    kind,
    grantee,
    root_confidence as sure,
    account_id,
    account_name,
    error_code,
    approval,
    is_console,
    source_ip,
    principal_id,
    event_id
from permission_changes
where
    event_time >= $since
    and event_time < $until
    and $kind in ('all', kind)
    and (
        $principal is null
        or list_contains($principal, principal_id)
        or list_contains($principal, root_principal_id)
    )
    and (
        $target is null
        or target ilike $target escape '\'
        or target_arn ilike $target escape '\'
        or grantee ilike $target escape '\'
    )
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
