/*
name: top
topic: volume
grain: one row per value of what is counted by (value)
description: Who or what is busiest?
period: 7d
parameters:
  by:
    kind: choice
    choices: [principal, service, event, action, account, region, address, agent, error, type]
    default: principal
    meaning: What to count by
    example: event
  principal: {kind: principal}
  account: {kind: account}
  limit: {kind: number, default: 20, meaning: 'Most rows to show; 0, all', example: 50}
columns:
  value: what was counted by
  n_calls: calls, failed ones too, each event once
  share_percent: of all calls counted here
  n_errors: calls that failed
  n_denied: calls that were denied
  first_event_time: the first of them
  last_event_time: the last
examples:
  - --by event
  - --by error --principal deploy --since 1d --limit 5
*/
with

calls as (
    select
        case $by
            when 'principal' then principal_id
            when 'service' then service
            when 'event' then service || ':' || event_name
            when 'action' then iam_action
            when 'account' then coalesce(account_name, account_id)
            when 'region' then region
            when 'address' then source_ip
            when 'agent' then user_agent
            when 'error' then error_code
            else principal_type
        end as value,
        is_error,
        is_denied,
        event_time
    from events
    where
        is_counted
        and event_time >= $since
        and event_time < $until
        and ($principal is null or list_contains($principal, principal_id))
        and ($account is null or list_contains($account, account_id))
),

counted as (
    select
        value,
        count(*) as n_calls,
        count(*) filter (where is_error) as n_errors,
        count(*) filter (where is_denied) as n_denied,
        min(event_time) as first_event_time,
        max(event_time) as last_event_time
    from calls
    where value is not null
    group by value
)

select
    value,
    n_calls,
    round(100.0 * n_calls / sum(n_calls) over (), 1) as share_percent,
    n_errors,
    n_denied,
    first_event_time,
    last_event_time
from counted
order by n_calls desc, value asc
limit $limit
