/*
name: unusual-volume
topic: volume
grain: one row per day, account and service (event_date, account_id, service)
description: On which days was a service called far more than usual?
period: 30d
parameters:
  times: {kind: number, default: 3, meaning: How many times the usual number, example: 10}
  account: {kind: account}
columns:
  n_calls: calls of that day
  usual: the median over the days of the period on which it was called
  times_usual: how many times that
  n_errors: calls of that day that failed
examples:
  - --times 10
*/
with

days as (
    select
        event_date,
        account_id,
        service,
        max(account_name) as account_name,
        cast(sum(n_calls) as bigint) as n_calls,
        cast(sum(n_errors) as bigint) as n_errors
    from daily_activity
    where
        event_date between $first_day and $last_day
        and ($account is null or list_contains($account, account_id))
    group by event_date, account_id, service
),

compared as (
    select
        *,
        median(n_calls) over (partition by account_id, service) as usual
    from days
)

select
    event_date,
    service,
    n_calls,
    usual,
    round(n_calls / usual, 1) as times_usual,
    n_errors,
    account_name,
    account_id
from compared
where n_calls >= 20 and n_calls > $times * usual
order by times_usual desc, event_date desc, account_id asc, service asc
