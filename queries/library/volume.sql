/*
name: volume
topic: volume
grain: one row per day and account (event_date, account_id)
description: How much was called on each day, and how much of that failed?
period: 30d
parameters:
  account: {kind: account}
columns:
  n_calls: calls, each event once
  n_writes: calls that do not only read
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  n_data_events: calls that are data events
  n_services: services that were called
examples:
  - --account production --since 7d
*/
select
    event_date,
    account_id,
    max(account_name) as account_name,
    cast(sum(n_calls) as bigint) as n_calls,
    cast(sum(n_writes) as bigint) as n_writes,
    cast(sum(n_errors) as bigint) as n_errors,
    cast(sum(n_denied) as bigint) as n_denied,
    cast(sum(n_data_events) as bigint) as n_data_events,
    count(distinct service) as n_services
from daily_activity
where
    event_date between $first_day and $last_day
    and ($account is null or list_contains($account, account_id))
group by event_date, account_id
order by event_date desc, account_id asc
