/*
name: changes
grain: one row per call that changes something (event_date, event_id, account_id)
description: Calls that change something, failed ones too, with who was really behind each.
materialize: daily
lookback: {session_lineage: 2 days}
checks:
  unique: [event_date, event_id, account_id]
  not_null: [event_id, event_time, event_date, principal_id]
  accepted:
    root_confidence: [certain, likely, possible, none]
  reconciles:
    every_named_call_is_here: >
      select (select count(*) from events
      inner join (select distinct event_source, event_name from change_kinds
      where area not in ('data', 'creation'))
      using (event_source, event_name) where is_counted)
      = (select count(*) from changes
      inner join (select distinct event_source, event_name from change_kinds
      where area not in ('data', 'creation'))
      using (event_source, event_name))
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  account_name: the account's name, where known
  region: the region
  event_source: the service that was asked, as a host name
  event_name: the API operation
  is_management_event: false for the writing and deletion of S3 objects
  principal_id: the principal that made the call
  principal_type: what kind of principal that is
  session_id: the session it was made in; null, none or unknown
  session_name: the name of that session
  access_key_id: the key that signed it
  root_principal_id: >
    who was really behind it; the principal itself where it acts without a session; null, unknown
  root_principal_type: what kind of principal that is
  root_human: the human behind it; null, not known
  root_confidence: how sure that is; none, the way back was not found
  source_identity: the source identity that was set when the session began
  invoked_by: the service that made the call for the principal
  source_ip: the address it came from
  user_agent: the program that made it
  is_console: whether it was made in the console
  is_mfa_authenticated: whether the session was begun with MFA; null, unknown
  error_code: why it failed; null, it did not
  is_error: whether it failed
  is_denied: whether it was denied
  is_read_only: whether it only reads; null, not known, and then kept
  request_parameters: what was asked for, as JSON text; null where an S3 object is written
  response_elements: what was answered, as JSON text; null where an S3 object is written
*/
with

named as (
    select
        event_source,
        event_name,
        bool_or(area not in ('data', 'creation')) as is_setting,
        bool_or(
            area = 'data' and change in ('write', 'delete') and target_type = 's3:object'
        ) as is_object
    from change_kinds
    group by event_source, event_name
)

select
    calls.event_id,
    calls.event_time,
    calls.event_date,
    calls.account_id,
    calls.account_name,
    calls.region,
    calls.event_source,
    calls.event_name,
    calls.is_management_event,
    calls.principal_id,
    calls.principal_type,
    calls.session_id,
    calls.session_name,
    calls.access_key_id,
    calls.root_principal_id,
    calls.root_principal_type,
    calls.root_human,
    calls.root_confidence,
    calls.source_identity,
    calls.invoked_by,
    calls.source_ip,
    calls.user_agent,
    calls.is_console,
    calls.is_mfa_authenticated,
    calls.error_code,
    calls.is_error,
    calls.is_denied,
    calls.is_read_only,
    case
        when named.is_setting or not coalesce(named.is_object, false) then calls.request_parameters
    end
        as request_parameters,
    case
        when named.is_setting or not coalesce(named.is_object, false) then calls.response_elements
    end
        as response_elements
from event_actors as calls
left join named
    on
        calls.event_source = named.event_source
        and calls.event_name = named.event_name
where
    named.is_setting
    or named.is_object
    or (
        coalesce(calls.is_management_event, true)
        and coalesce(calls.event_type, '') not in ('AwsConsoleSignIn', 'AwsCloudTrailInsight')
        and not coalesce(calls.is_read_only, calls.access_level in ('read', 'list'), false)
    )
