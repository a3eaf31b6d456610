/*
name: service-calls
topic: application services
grain: one row per service and API operation (service, event_name)
description: Which operations of a service are called, by how many, and how many fail?
period: 7d
parameters:
  service:
    kind: pattern
    required: true
    meaning: The service, as in its host name before .amazonaws.com
    example: dynamodb
  account: {kind: account}
columns:
  n_calls: calls, failed ones too
  n_errors: calls that failed
  n_principals: distinct principals
  top_principal: who called it most
  last_event_time: the last call
examples:
  - --service dynamodb
  - --service lambda --since 30d --account production
*/
select
    service,
    event_name,
    count(*) as n_calls,
    count(*) filter (where is_error) as n_errors,
    count(distinct principal_id) as n_principals,
    mode(principal_id) as top_principal,
    max(event_time) as last_event_time
from events
where
    is_counted
    and event_time >= $since
    and event_time < $until
    and service like $service escape '\'
    and ($account is null or list_contains($account, account_id))
group by service, event_name
order by n_calls desc, service asc, event_name asc
