/*
name: session_days
grain: one row per session and day of use (session_id, event_date)
description: Use of each session on each day, from all categories of events, data events included.
materialize: daily
checks:
  unique: [session_id, event_date]
  not_null:
    [session_id, event_date, principal_id, principal_type, first_event_time, last_event_time,
     n_events]
  rows: {times_in_order: first_event_time <= last_event_time}
  reconciles:
    every_call_once: >
      select
        (select coalesce(sum(n_events), 0) from session_days)
        = (select count(*) from events where session_id is not null and is_counted)
columns:
  event_date: UTC day of the calls
  session_id: the session, as in events
  principal_id: stable principal of the session
  principal_type: its type
  principal_unique_id: unique id of the principal (AROA…, AIDA…), else its stable principal
  session_name: role session name
  access_key_id: access key id of the session; null where the calls have none
  session_created_at: when the session says it was created
  source_identity: source identity of the session
  on_behalf_of: Identity Center user for whom the session calls, as AWS says
  workload_arn: workload that the credentials were issued to, as AWS says
  invoked_by: services that called with the session's identity for it
  account_ids: accounts whose trails hold the calls
  regions: Regions of the calls
  source_ips: addresses of the calls
  user_agents: user agents of the calls
  is_console: whether any call came from the console; null where no event says
  is_mfa_authenticated: whether MFA was checked when the session began; null where no event says
  is_assumed_root: whether it is a root session that AssumeRoot gave out
  first_event_time: first call of the day
  last_event_time: last call of the day
  n_events: number of calls, each counted once
  n_errors: calls that failed
  n_denied: calls that were denied
*/
with

calls as (
    select
        *,
        coalesce(principal_unique_id, principal_id) as unique_id,
        principal_type not in ('account', 'anonymous', 'unknown') as is_told
    from events
    where session_id is not null
)

select
    calls.event_date,
    calls.session_id,
    -- Another account's trail may know the caller by account only: its word counts last
    coalesce(min(principal_id) filter (where is_told), min(principal_id)) as principal_id,
    coalesce(min(principal_type) filter (where is_told), min(principal_type)) as principal_type,
    coalesce(min(unique_id) filter (where is_told), min(unique_id)) as principal_unique_id,
    coalesce(min(session_name) filter (where is_told), min(session_name)) as session_name,
    min(access_key_id) as access_key_id,
    min(session_created_at) as session_created_at,
    min(source_identity) as source_identity,
    min(on_behalf_of) as on_behalf_of,
    min(workload_arn) as workload_arn,
    list_sort(array_agg(distinct invoked_by) filter (where invoked_by is not null)) as invoked_by,
    list_sort(array_agg(distinct account_id) filter (where account_id is not null)) as account_ids,
    list_sort(array_agg(distinct region) filter (where region is not null)) as regions,
    list_sort(array_agg(distinct source_ip) filter (where source_ip is not null)) as source_ips,
    list_sort(array_agg(distinct user_agent) filter (where user_agent is not null)) as user_agents,
    bool_or(is_console) as is_console,
    bool_or(is_mfa_authenticated) as is_mfa_authenticated,
    (calls.event_date, calls.session_id) in (
        select (roots.event_date, roots.access_key_id) from assumed_roots as roots
    ) as is_assumed_root,
    min(event_time) as first_event_time,
    max(event_time) as last_event_time,
    count(*) filter (where is_counted) as n_events,
    count(*) filter (where is_counted and is_error) as n_errors,
    count(*) filter (where is_counted and is_denied) as n_denied
from calls
group by calls.event_date, calls.session_id
