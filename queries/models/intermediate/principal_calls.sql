/*
name: principal_calls
grain: one row per event that counts (event_date, event_id, account_id)
description: What the audit of principals asks of each call.
materialize: view
columns:
  event_date: its UTC day
  event_time: when it happened
  principal_id: the principal that made the call
  principal_type: what kind of principal that is
  principal_name: its name
  principal_account_id: its account
  account_id: the account whose trail has it
  region: the region
  service: the service that was asked
  iam_action: the IAM action it needs
  source_ip: the address it came from
  user_agent: the program that made it
  long_term_key: the access key that signed it, where that is a long-term one
  is_error: whether it failed
  is_denied: whether it was denied
  is_read_only: whether it only reads; null, not known
  is_data_event: whether it is a data event
  is_mfa_authenticated: whether the session was begun with MFA; null, unknown
  is_console: whether it was made in the console; null, unknown
  is_console_login: whether it is a sign-in that succeeded
  is_permission_change: whether it changed permissions
*/
with

permission_calls as (
    select
        event_source,
        event_name,
        max(request_key) as request_key
    from change_kinds
    where area = 'permissions'
    group by event_source, event_name
)

select
    events.event_date,
    events.event_time,
    events.principal_id,
    events.principal_type,
    events.principal_name,
    events.principal_account_id,
    events.account_id,
    events.region,
    events.service,
    events.iam_action,
    events.source_ip,
    events.user_agent,
    case when events.access_key_id like 'AKIA%' then events.access_key_id end as long_term_key,
    events.is_error,
    events.is_denied,
    events.is_read_only,
    not events.is_management_event as is_data_event,
    events.is_mfa_authenticated,
    events.is_console,
    events.event_source = 'signin.amazonaws.com'
    and events.event_name = 'ConsoleLogin'
    and not events.is_error
    and events.response_elements like '%Success%' as is_console_login,
    permission_calls.event_name is not null
    and not events.is_error
    and (
        permission_calls.request_key is null
        or coalesce(strpos(events.request_parameters, permission_calls.request_key) > 0, false)
    ) as is_permission_change
from events
left join permission_calls
    on
        events.event_source = permission_calls.event_source
        and events.event_name = permission_calls.event_name
where events.is_counted
