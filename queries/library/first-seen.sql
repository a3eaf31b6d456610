/*
name: first-seen
topic: principals and keys
grain: one row per principal (principal_id)
description: Which principals were seen for the first time, and what did they do since?
period: 7d
parameters:
  account: {kind: account}
columns:
  principal_account_id: its account; null, it has none or the events do not say
examples:
  - ""
  - --since 1d --account production
*/
select
    first_event_time,
    principal_id,
    principal_type,
    n_calls,
    n_writes,
    n_denied,
    last_event_time,
    services,
    source_ips,
    humans,
    account_name,
    principal_account_id
from principal_audit
where
    first_event_time >= $since
    and first_event_time < $until
    and ($account is null or list_contains($account, principal_account_id))
order by first_event_time desc, principal_id asc
