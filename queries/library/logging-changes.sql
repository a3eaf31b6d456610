/*
name: logging-changes
topic: logging and tampering
grain: one row per call that changes what is logged or watched (event_id, account_id)
description: Who changed trails, detectors, alarms and other logs, failed attempts too?
period: 30d
parameters:
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --since 7d
*/
select
    event_time,
    event_name,
    is_success,
    coalesce(root_human, root_principal_id, principal_id) as who,
    target,
    effect,
    root_confidence as sure,
    account_id,
    account_name,
    kind,
    error_code,
    approval,
    region,
    source_ip,
    principal_id,
    event_id
from logging_changes
where
    event_time >= $since
    and event_time < $until
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
