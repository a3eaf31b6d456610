/*
name: idle-principals
topic: IAM
grain: one row per user or role (principal_id)
description: Which users and roles that were active have not been seen for long?
period: all
parameters:
  days: {kind: number, default: 30, meaning: Days without a call, example: 90}
  account: {kind: account}
columns:
  days_idle: whole days from its last call to the end of the period
  principal_account_id: its account
examples:
  - --days 90
*/
select
    principal_id,
    principal_type,
    cast(floor((epoch($until) - epoch(last_event_time)) / 86400) as bigint) as days_idle,
    last_event_time,
    first_event_time,
    n_calls,
    n_writes,
    humans,
    account_name,
    principal_account_id
from principal_audit
where
    principal_type in ('user', 'role')
    and last_event_time >= $since
    and last_event_time < $until - to_days(cast($days as integer))
    and ($account is null or list_contains($account, principal_account_id))
order by last_event_time asc, principal_id asc
