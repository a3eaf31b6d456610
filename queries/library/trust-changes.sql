/*
name: trust-changes
topic: AssumeRole and cross-account
grain: one row per call (event_id, account_id)
description: Who changed who may become a role?
period: 90d
parameters:
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
  policy_document: the new trust policy, where logged
examples:
  - --account production
*/
select
    event_time,
    event_name,
    target,
    coalesce(root_human, root_principal_id, principal_id) as who,
    is_success,
    root_confidence as sure,
    account_id,
    account_name,
    policy_document,
    approval,
    source_ip,
    principal_id,
    event_id
from permission_changes
where
    kind = 'trust'
    and event_time >= $since
    and event_time < $until
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
