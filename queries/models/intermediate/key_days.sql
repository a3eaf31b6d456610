/*
name: key_days
grain: >
  one row per long-term access key, principal and day on which it was used
  (access_key_id, principal_id, event_date)
description: How each long-term access key was used, day by day.
materialize: daily
checks:
  unique: [access_key_id, principal_id, event_date]
  not_null: [access_key_id, principal_id, event_date, n_calls]
  rows:
    parts_are_within_the_whole: n_denied <= n_errors and n_errors <= n_calls
  reconciles:
    all_calls_of_long_term_keys: >
      select (select coalesce(sum(n_calls), 0) from key_days)
      = (select count(*) from events where is_counted and access_key_id like 'AKIA%')
columns:
  event_date: the UTC day
  access_key_id: the access key
  principal_id: whose it is
  principal_type: what kind of principal that is
  principal_name: its name
  account_id: the principal's account, where known, else the one whose trail has it
  first_event_time: its first use of the day
  last_event_time: its last use of the day
  n_calls: calls that it signed
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  n_writes: calls that do not only read
  services: services it was used with
  regions: regions it was used in
  source_ips: addresses it came from
  user_agents: programs it was used by
  error_codes: errors it got
*/
select
    event_date,
    access_key_id,
    principal_id,
    max(principal_type) as principal_type,
    max(principal_name) as principal_name,
    max(coalesce(principal_account_id, account_id)) as account_id,
    min(event_time) as first_event_time,
    max(event_time) as last_event_time,
    count(*) as n_calls,
    count(*) filter (where is_error) as n_errors,
    count(*) filter (where is_denied) as n_denied,
    count(*) filter (where not is_read_only) as n_writes,
    list_sort(array_agg(distinct service)) as services,
    list_sort(array_agg(distinct region) filter (where region is not null)) as regions,
    list_sort(array_agg(distinct source_ip) filter (where source_ip is not null)) as source_ips,
    list_sort(array_agg(distinct user_agent) filter (where user_agent is not null))
        as user_agents,
    list_sort(array_agg(distinct error_code) filter (where error_code is not null))
        as error_codes
from events
where
    is_counted
    and access_key_id like 'AKIA%'
group by event_date, access_key_id, principal_id
