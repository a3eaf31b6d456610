/*
name: action_audit
grain: one row per IAM action, or API operation without one (action, event_source)
description: Who uses each action, how often, with what errors, first and last, over all time.
materialize: rollup
key: [action, event_source]
merge:
  iam_action: max
  access_level: max
  n_calls: sum
  n_errors: sum
  n_denied: sum
  first_event_time: min
  last_event_time: max
  first_principal_id: earliest(first_event_time)
  last_principal_id: latest(last_event_time)
  event_names: union
  principals: union(1000)
  accounts: union(1000)
  regions: union
  error_codes: union(1000)
  is_list_cut: cut(principals, accounts, error_codes)
checks:
  unique: [action, event_source]
  not_null: [action, event_source, n_calls, first_event_time, last_event_time]
  rows:
    parts_are_within_the_whole: n_denied <= n_errors and n_errors <= n_calls
    times_in_order: first_event_time <= last_event_time
  reconciles:
    all_calls_of_the_days: >
      select (select coalesce(sum(n_calls), 0) from action_audit)
      = (select coalesce(sum(n_calls), 0) from daily_activity)
columns:
  action: >
    the IAM action; of a call that needs none, or whose action is not known, the service's host name
    and the API operation
  event_source: the service that was asked, as a host name; unknown, as of CloudTrail's insights
  iam_action: the IAM action; null, there is none or it is not known
  access_level: read, list, write, tagging or permissions_management
  n_calls: calls, each event once
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  first_event_time: the first call
  last_event_time: the last call
  first_principal_id: who made the first
  last_principal_id: who made the last
  event_names: the API operations that need it
  principals: who used it
  accounts: the accounts it was used in
  regions: the regions it was used in
  error_codes: errors it gave
  is_list_cut: whether a list has lost values; each keeps the first 1,000 in their order
*/
select
    event_date,
    coalesce(
        iam_action,
        coalesce(event_source, 'unknown') || ':' || coalesce(event_name, 'unknown')
    ) as action,
    coalesce(event_source, 'unknown') as event_source,
    max(iam_action) as iam_action,
    max(access_level) as access_level,
    count(*) as n_calls,
    count(*) filter (where is_error) as n_errors,
    count(*) filter (where is_denied) as n_denied,
    min(event_time) as first_event_time,
    max(event_time) as last_event_time,
    arg_min(principal_id, row(event_time, principal_id)) as first_principal_id,
    arg_max(principal_id, row(event_time, principal_id)) as last_principal_id,
    list_sort(array_agg(distinct event_name) filter (where event_name is not null))
        as event_names,
    list_sort(array_agg(distinct principal_id)) as principals,
    list_sort(array_agg(distinct account_id) filter (where account_id is not null)) as accounts,
    list_sort(array_agg(distinct region) filter (where region is not null)) as regions,
    list_sort(array_agg(distinct error_code) filter (where error_code is not null))
        as error_codes,
    false as is_list_cut
from events
where is_counted
group by 1, 2, 3
