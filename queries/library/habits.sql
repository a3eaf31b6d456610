/*
name: habits
topic: principals and keys
grain: one row per API operation (event_source, event_name)
description: What does a principal usually call, and when did it last?
period: 7d
parameters:
  principal: {kind: principal, required: true, example: deploy}
  account: {kind: account}
columns:
  service: the service that was asked
  n_calls: its calls, failed ones too
  n_errors: calls that failed
  first_event_time: the first call of the period
  last_event_time: the last
  n_addresses: distinct addresses
examples:
  - --principal deploy
  - --principal 'arn:aws:iam::111122223333:role/deploy' --since 90d
*/
select
    replace(event_source, '.amazonaws.com', '') as service,
    event_name,
    count(*) as n_calls,
    count(*) filter (where is_error) as n_errors,
    min(event_time) as first_event_time,
    max(event_time) as last_event_time,
    count(distinct source_ip) as n_addresses
from events
where
    is_counted
    and event_time >= $since
    and event_time < $until
    and list_contains($principal, principal_id)
    and ($account is null or list_contains($account, account_id))
group by event_source, event_name
order by n_calls desc, service asc, event_name asc
