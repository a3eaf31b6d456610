/*
name: event_actors
grain: one row per event that counts (event_date, event_id, account_id)
description: >
  Events with who was really behind each. What reads it looks back two days in session_lineage.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  account_name: the account's name, where known
  region: the region
  event_source: the service that was asked, as a host name
  event_name: the API operation
  event_type: the kind of record
  is_management_event: whether it is a management event
  is_read_only: whether it only reads; null, not known
  access_level: the access level of the action
  iam_action: the IAM action it needs
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
  error_message: the same in a sentence
  is_error: whether it failed
  is_denied: whether it was denied
  request_parameters: what was asked for, as JSON text
  response_elements: what was answered, as JSON text
  principal_name: the principal's name; null, the record does not say
  additional_event_data: what the service adds, as JSON text
*/
with

calls as (
    select
        *,
        session_id is null
        and principal_type not in ('role', 'federated_user', 'unknown') as is_itself,
        -- a SAML provider's people may be listed by their name alone
        case when principal_type = 'saml_user' then regexp_extract(principal_id, '[^/]+$') end
            as subject
    from events
    where is_counted
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
    calls.event_type,
    calls.is_management_event,
    calls.is_read_only,
    calls.access_level,
    calls.iam_action,
    calls.principal_id,
    calls.principal_type,
    calls.session_id,
    calls.session_name,
    calls.access_key_id,
    case when calls.is_itself then calls.principal_id else roots.root_principal_id end
        as root_principal_id,
    case when calls.is_itself then calls.principal_type else roots.root_principal_type end
        as root_principal_type,
    case
        when not calls.is_itself then roots.root_human
        when people.human <> subjects.human then null
        else coalesce(people.human, subjects.human)
    end as root_human,
    case when calls.is_itself then 'certain' else roots.root_confidence end as root_confidence,
    calls.source_identity,
    calls.invoked_by,
    calls.source_ip,
    calls.user_agent,
    calls.is_console,
    calls.is_mfa_authenticated,
    calls.error_code,
    calls.error_message,
    calls.is_error,
    calls.is_denied,
    calls.request_parameters,
    calls.response_elements,
    calls.principal_name,
    calls.additional_event_data
from calls
left join session_roots as roots
    on
        calls.session_id = roots.session_id
        and calls.event_date = roots.event_date
left join identity_terms as people
    on
        calls.principal_id = people.principal_id
        and calls.event_date between people.first_date and people.last_date
left join identity_terms as subjects
    on
        calls.subject = subjects.principal_id
        and calls.event_date between subjects.first_date and subjects.last_date
