/*
name: errors
topic: errors and denied calls
grain: one row per service, API operation and error (service, event_name, error_code)
description: Which calls fail, with what error, and whose are they?
period: 7d
parameters:
  principal: {kind: principal}
  service: {kind: pattern, meaning: 'Only this service, as s3', example: s3}
  account: {kind: account}
  limit: {kind: number, default: 100, meaning: 'Most rows to show; 0, all'}
columns:
  n_calls: calls that failed so
  n_principals: distinct principals
  top_principal: whose it happened to most
  first_event_time: the first of them
  last_event_time: the last
  example: what one of the messages says
examples:
  - --service s3 --since 1d
*/
select
    service,
    event_name,
    error_code,
    count(*) as n_calls,
    count(distinct principal_id) as n_principals,
    mode(principal_id) as top_principal,
    max(event_time) as last_event_time,
    min(event_time) as first_event_time,
    min(error_message) as example
from events
where
    is_counted
    and is_error
    and event_time >= $since
    and event_time < $until
    and ($principal is null or list_contains($principal, principal_id))
    and ($service is null or service like $service escape '\')
    and ($account is null or list_contains($account, account_id))
group by service, event_name, error_code
order by n_calls desc, service asc, event_name asc, error_code asc
limit $limit
