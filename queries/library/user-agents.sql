/*
name: user-agents
topic: source addresses and programs
grain: one row per program (program)
description: Which programs call, and who uses them?
period: 7d
parameters:
  agent:
    kind: pattern
    meaning: Only user agents like this; * stands for anything
    example: '*kali*'
  principal: {kind: principal}
columns:
  program: the beginning of what the program says it is, up to the first blank
  n_calls: calls, failed ones too
  n_principals: distinct principals
  principals: some of them
  n_denied: calls that were denied
  first_event_time: the first call
  last_event_time: the last
  example: one such user agent, whole
examples:
  - --agent '*kali*' --since 30d
*/
select
    regexp_extract(user_agent, '^\[?([^ ]+)', 1) as program,
    count(*) as n_calls,
    count(distinct principal_id) as n_principals,
    list_sort(array_agg(distinct principal_id))[1:3] as principals,
    count(*) filter (where is_denied) as n_denied,
    min(event_time) as first_event_time,
    max(event_time) as last_event_time,
    min(user_agent) as example
from events
where
    is_counted
    and event_time >= $since
    and event_time < $until
    and user_agent is not null
    and ($agent is null or user_agent ilike $agent escape '\')
    and ($principal is null or list_contains($principal, principal_id))
group by program
order by n_calls desc, program asc
