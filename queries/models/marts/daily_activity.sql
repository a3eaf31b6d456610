/*
name: daily_activity
grain: >
  one row per day, account, region, service and type of principal
  (event_date, account_id, region, event_source, principal_type)
description: How much was called each day, where and by what kind of principal.
materialize: daily
checks:
  unique: [event_date, account_id, region, event_source, principal_type]
  not_null: [event_date, principal_type, n_calls]
  rows:
    parts_are_within_the_whole: n_denied <= n_errors and n_errors <= n_calls
    reads_and_writes_add_up: n_reads + n_writes + n_unknown = n_calls
  reconciles:
    all_calls_of_the_facts: >
      select (select coalesce(sum(n_calls), 0) from daily_activity)
      = (select count(*) from events where is_counted)
    all_errors_of_the_facts: >
      select (select coalesce(sum(n_errors), 0) from daily_activity)
      = (select count(*) from events where is_counted and is_error)
columns:
  event_date: the UTC day
  account_id: the account; null, the event names none
  account_name: its name, where known
  region: the region
  event_source: the service, as a host name
  service: the service
  principal_type: the type of principal
  n_calls: calls, each event once
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  n_principals: distinct principals
  n_sessions: distinct sessions, where known
  n_reads: calls that only read
  n_writes: calls that do not only read
  n_unknown: calls of which the event does not say it
  n_data_events: calls that are data events
*/
select
    event_date,
    account_id,
    max(account_name) as account_name,
    region,
    event_source,
    max(service) as service,
    principal_type,
    count(*) as n_calls,
    count(*) filter (where is_error) as n_errors,
    count(*) filter (where is_denied) as n_denied,
    count(distinct principal_id) as n_principals,
    count(distinct session_id) as n_sessions,
    count(*) filter (where is_read_only) as n_reads,
    count(*) filter (where not is_read_only) as n_writes,
    count(*) filter (where is_read_only is null) as n_unknown,
    count(*) filter (where not is_management_event) as n_data_events
from events
where is_counted
group by event_date, account_id, region, event_source, principal_type
