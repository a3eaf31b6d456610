/*
name: old-keys
topic: principals and keys
grain: one row per access key that is used (access_key_id, principal_id)
description: Which access keys still used are old, or older than the lake knows?
period: 30d
parameters:
  days: {kind: number, default: 90, meaning: Days from which on a key is old, example: 180}
columns:
  age_days: days from its making to its last use; null, its making was not seen
  created_time: when it was made; null, not seen, so it is as old as the lake at least
  last_event_time: its last use
  n_calls: calls of the period
examples:
  - ""
  - --days 180
*/
select
    access_key_id,
    principal_name,
    max(age_days) as age_days,
    max(created_time) as created_time,
    max(last_event_time) as last_event_time,
    cast(sum(n_calls) as bigint) as n_calls,
    max(account_name) as account_name,
    max(account_id) as account_id,
    principal_id
from credential_usage
where event_date between $first_day and $last_day
group by access_key_id, principal_name, principal_id
having max(age_days) is null or max(age_days) >= $days
order by age_days desc nulls last, access_key_id asc
