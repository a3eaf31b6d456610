/*
name: actors_in_context
grain: one row per event that counts (event_date, event_id, account_id)
description: >
  Events with who was really behind each, in words too. What reads it looks back two days in
  session_lineage.
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
  human: >
    the human behind it; not a person, a service, a workload or an automation; not listed,
    identities has no line for who is behind it that holds on that day; not found, the way back
    was not found; cannot tell, identities was not given or names several at once
  automation: >
    the automation that the principal, or who is behind it, is listed as; no, it is not listed;
    cannot tell, automation_roles was not given
*/
with

given as (
    select
        coalesce(bool_or(is_given and name = 'identities'), false) as has_identities,
        coalesce(bool_or(is_given and name = 'automation_roles'), false) as has_automation_roles
    from context_given
)

-- noqa: disable=LT09
select
    calls.event_id, calls.event_time, calls.event_date, calls.account_id, calls.account_name,
    calls.region, calls.event_source, calls.event_name, calls.event_type,
    calls.is_management_event, calls.is_read_only, calls.access_level, calls.iam_action,
    calls.principal_id, calls.principal_type, calls.session_id, calls.session_name,
    calls.access_key_id, calls.root_principal_id, calls.root_principal_type, calls.root_human,
    calls.root_confidence, calls.source_identity, calls.invoked_by, calls.source_ip,
    calls.user_agent, calls.is_console, calls.is_mfa_authenticated, calls.error_code,
    calls.error_message, calls.is_error, calls.is_denied, calls.request_parameters,
    calls.response_elements, calls.principal_name, calls.additional_event_data,
    -- noqa: enable=LT09
    case
        when calls.root_human is not null then calls.root_human
        when calls.root_principal_type = 'aws_service' or behind.automation is not null
            then 'not a person'
        -- who calls through an automation's role is asked for first
        when
            own.automation is not null
            and (
                calls.root_principal_id is null
                or calls.root_principal_id = calls.principal_id
                or calls.root_principal_type not in
                ('user', 'root', 'saml_user', 'identity_center_user')
            )
            then 'not a person'
        when not given.has_identities then 'cannot tell'
        when
            coalesce(calls.root_confidence, 'none') = 'none'
            or calls.root_principal_type in ('role', 'anonymous', 'unknown')
            then 'not found'
        when named.principal_id is not null then 'cannot tell'
        else 'not listed'
    end as human,
    coalesce(
        own.automation,
        behind.automation,
        case when given.has_automation_roles then 'no' else 'cannot tell' end
    ) as automation
from event_actors as calls
cross join given
left join automations as own on calls.principal_id = own.principal_id
left join automations as behind on calls.root_principal_id = behind.principal_id
left join identity_terms as named
    on
        calls.root_principal_id = named.principal_id
        and calls.event_date between named.first_date and named.last_date
