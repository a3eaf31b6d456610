/*
name: same-address
topic: source addresses and programs
grain: one row per principal and address (principal_id, source_ip)
description: Who came from an address, and with what?
period: 30d
parameters:
  address:
    kind: pattern
    required: true
    meaning: An IP address, or the beginning of one with *
    example: 203.0.113.*
columns:
  n_calls: calls, failed ones too
  n_errors: calls that failed
  n_denied: calls that were denied
  first_event_time: the first call
  last_event_time: the last
  programs: the programs that made them, by the beginning of what they say they are
examples:
  - --address 203.0.113.7
  - --address '203.0.113.*' --since 7d
*/
select
    principal_id,
    source_ip,
    count(*) as n_calls,
    count(*) filter (where is_error) as n_errors,
    count(*) filter (where is_denied) as n_denied,
    min(event_time) as first_event_time,
    max(event_time) as last_event_time,
    list_sort(array_agg(distinct regexp_extract(user_agent, '^\[?([^ ]+)', 1))) as programs
from events
where
    is_counted
    and event_time >= $since
    and event_time < $until
    and source_ip like $address escape '\'
group by principal_id, source_ip
order by n_calls desc, principal_id asc, source_ip asc
