/*
name: unusual-regions
topic: source addresses and programs
grain: one row per account and region (account_id, region)
description: Which regions does an account hardly use?
period: 90d
parameters:
  percent: {kind: number, default: 1, meaning: Most of the account's calls that are hardly any}
  account: {kind: account}
columns:
  n_calls: calls in the region
  share_percent: of all the account's calls
  n_writes: calls that do not only read
  n_errors: calls that failed
  first_day: the first day it was called
  last_day: the last
  services: services that were called there
examples:
  - ""
  - --percent 5 --account production
*/
with

used as (
    select
        account_id,
        region,
        max(account_name) as account_name,
        cast(sum(n_calls) as bigint) as n_calls,
        cast(sum(n_writes) as bigint) as n_writes,
        cast(sum(n_errors) as bigint) as n_errors,
        min(event_date) as first_day,
        max(event_date) as last_day,
        list_sort(array_agg(distinct service)) as services
    from daily_activity
    where
        event_date between $first_day and $last_day
        and region is not null
        and ($account is null or list_contains($account, account_id))
    group by account_id, region
),

shares as (
    select
        *,
        100.0 * n_calls / sum(n_calls) over (partition by account_id) as share
    from used
)

select
    account_id,
    account_name,
    region,
    n_calls,
    round(share, 2) as share_percent,
    n_writes,
    n_errors,
    first_day,
    last_day,
    services
from shares
where share <= $percent
order by n_writes desc, n_calls desc, account_id asc, region asc
