/*
name: sessions
grain: one row per session on the day of its first use (session_id, event_date)
description: What each session of temporary credentials did, from its first call to its last.
materialize: daily
lookback: {session_days: 2 days}
lookahead: {session_days: 2 days}
checks:
  unique: [session_id, event_date]
  not_null:
    [session_id, event_date, principal_id, principal_type, first_event_time, last_event_time,
     n_events]
  rows: {times_in_order: first_event_time <= last_event_time}
columns:
  event_date: |
    UTC day of the first use; a session that is used again after two idle days has a row of that
    day too
  session_id: the session, as in events
  principal_id: stable principal of the session
  principal_type: its type
  session_name: role session name, which the caller chose
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
  first_event_time: first call
  last_event_time: |
    last call; calls more than two days after the first day are left out, here and in the counts,
    since credentials live 36 hours at most
  n_events: number of calls, each counted once
  n_errors: calls that failed
  n_denied: calls that were denied
*/
with

days as (
    select * from session_days
),

starts as (
    select
        event_date,
        session_id
    from session_days
    qualify
        coalesce(
            lag(event_date) over (partition by session_id order by event_date)
            < event_date - interval 2 day,
            true
        )
)

select
    starts.event_date,
    starts.session_id,
    min(days.principal_id) as principal_id,
    min(days.principal_type) as principal_type,
    min(days.session_name) as session_name,
    min(days.access_key_id) as access_key_id,
    min(days.session_created_at) as session_created_at,
    min(days.source_identity) as source_identity,
    min(days.on_behalf_of) as on_behalf_of,
    min(days.workload_arn) as workload_arn,
    list_sort(list_distinct(flatten(array_agg(days.invoked_by)))) as invoked_by,
    list_sort(list_distinct(flatten(array_agg(days.account_ids)))) as account_ids,
    list_sort(list_distinct(flatten(array_agg(days.regions)))) as regions,
    list_sort(list_distinct(flatten(array_agg(days.source_ips)))) as source_ips,
    list_sort(list_distinct(flatten(array_agg(days.user_agents)))) as user_agents,
    bool_or(days.is_console) as is_console,
    bool_or(days.is_mfa_authenticated) as is_mfa_authenticated,
    min(days.first_event_time) as first_event_time,
    max(days.last_event_time) as last_event_time,
    sum(days.n_events) as n_events,
    sum(days.n_errors) as n_errors,
    sum(days.n_denied) as n_denied
from starts
inner join days
    on
        starts.session_id = days.session_id
        and days.event_date between starts.event_date and starts.event_date + interval 2 day
group by starts.event_date, starts.session_id
