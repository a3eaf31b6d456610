/*
name: bursts
topic: enumeration bursts
grain: one row per principal and window of time (principal_id, window_start)
description: Who listed and described many different things within minutes?
period: 7d
parameters:
  minutes: {kind: number, default: 10, meaning: Length of a window}
  least: {kind: number, default: 15, meaning: Fewest different operations in it, example: 30}
  account: {kind: account}
columns:
  window_start: when the window begins
  n_operations: different operations that only read
  n_calls: calls of these
  n_services: services that were asked
  n_denied: calls that were denied
  n_regions: regions that were asked
  source_ips: addresses they came from
examples:
  - --least 30 --since 30d
*/
select
    time_bucket(to_minutes(cast(greatest($minutes, 1) as bigint)), event_time) as window_start,
    principal_id,
    count(distinct event_source || event_name) as n_operations,
    count(*) as n_calls,
    count(distinct event_source) as n_services,
    count(*) filter (where is_denied) as n_denied,
    count(distinct region) as n_regions,
    list_sort(array_agg(distinct source_ip))[1:3] as source_ips,
    max(account_name) as account_name,
    max(account_id) as account_id
from events
where
    is_counted
    and is_read_only
    and event_time >= $since
    and event_time < $until
    and principal_type <> 'aws_service'
    and event_category is distinct from 'Data'
    and ($account is null or list_contains($account, account_id))
group by window_start, principal_id
having count(distinct event_source || event_name) >= $least
order by n_operations desc, window_start desc, principal_id asc
