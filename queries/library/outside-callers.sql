/*
name: outside-callers
topic: AssumeRole and cross-account
grain: one row per principal, account that it calls and service
description: Which principals of accounts that are not in the lake call into ours?
period: 30d
parameters:
  account: {kind: account}
columns:
  principal_account_id: the caller's account; null, an anonymous caller
  n_calls: calls, failed ones too
  n_denied: calls that were denied
  event_names: the API operations
  last_event_time: the last call
examples:
  - --account production
*/
with

ours as (
    select distinct account_id
    from daily_activity
    where account_id is not null
)

select
    principal_id,
    account_id,
    max(account_name) as account_name,
    service,
    count(*) as n_calls,
    count(*) filter (where is_denied) as n_denied,
    max(event_time) as last_event_time,
    list_sort(array_agg(distinct event_name)) as event_names,
    principal_account_id
from events
where
    is_counted
    and event_time >= $since
    and event_time < $until
    and principal_type not in ('aws_service', 'unknown')
    and (
        principal_type = 'anonymous'
        or principal_account_id not in (select ours.account_id from ours)
    )
    and ($account is null or list_contains($account, account_id))
group by principal_id, principal_account_id, service, account_id
order by n_calls desc, principal_id asc, service asc, account_id asc
