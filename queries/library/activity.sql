/*
name: activity
topic: principals and keys
grain: one row per call (event_id, account_id), newest first
description: What did a principal do, itself or through the roles it took on?
period: 7d
first: principal
parameters:
  principal: {kind: principal, required: true, example: anna}
  account: {kind: account}
  action:
    kind: pattern
    meaning: Only these API operations, such as GetObject or 'Put*'.
    example: Put*
  limit: {kind: number, default: 200, meaning: 'Most calls to show; 0, all'}
columns:
  service: the service that was asked
examples:
  - --principal anna
  - --principal anna --since 2026-03-01 --until 2026-03-08 --action 'Delete*'
*/
select
    event_time,
    replace(event_source, '.amazonaws.com', '') as service,
    event_name,
    error_code,
    source_ip,
    principal_id,
    root_confidence,
    region,
    account_id,
    account_name,
    is_console,
    user_agent,
    request_parameters,
    event_id
from event_actors
where
    event_time >= $events_since
    and event_time < $events_until
    and ($events is null or list_contains($events, event_id))
    and (list_contains($principal, principal_id) or list_contains($principal, root_principal_id))
    and ($account is null or list_contains($account, account_id))
    and ($action is null or event_name like $action escape '\')
order by event_time desc, event_id asc
limit $limit
