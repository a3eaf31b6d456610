/*
name: changes_in_context
grain: one row per call that changes something (event_date, event_id, account_id)
description: >
  Changes with what the logs do not say, in words: who made them, and whether that was approved.
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
  human: >
    the human behind it; not a person, a service, a workload or an automation; not listed,
    identities has no line for who is behind it that holds on that day; not found, the way back
    was not found; cannot tell, identities was not given or names several at once
  automation: >
    the automation that the principal, or who is behind it, is listed as; no, it is not listed;
    cannot tell, automation_roles was not given
  approval: >
    tickets that allow it to the principal or to who is known to be behind it, at that time, such
    as CHG-1, CHG-2; none, no ticket does; cannot tell, approvals was not given
*/
with

given as (
    select
        coalesce(bool_or(is_given and name = 'identities'), false) as has_identities,
        coalesce(bool_or(is_given and name = 'automation_roles'), false) as has_automation_roles,
        coalesce(bool_or(is_given and name = 'approvals'), false) as has_approvals
    from context_given
)

-- noqa: disable=LT09
select
    changes.event_id, changes.event_time, changes.event_date, changes.account_id,
    changes.account_name, changes.region, changes.event_source, changes.event_name,
    changes.is_management_event, changes.principal_id, changes.principal_type, changes.session_id,
    changes.session_name, changes.access_key_id, changes.root_principal_id,
    changes.root_principal_type, changes.root_human, changes.root_confidence,
    changes.source_identity, changes.invoked_by, changes.source_ip, changes.user_agent,
    changes.is_console, changes.is_mfa_authenticated, changes.error_code, changes.is_error,
    changes.is_denied, changes.is_read_only, changes.request_parameters, changes.response_elements,
    -- noqa: enable=LT09
    case
        when changes.root_human is not null then changes.root_human
        when changes.root_principal_type = 'aws_service' or behind.automation is not null
            then 'not a person'
        -- who calls through an automation's role is asked for first
        when
            own.automation is not null
            and (
                changes.root_principal_id is null
                or changes.root_principal_id = changes.principal_id
                or changes.root_principal_type not in
                ('user', 'root', 'saml_user', 'identity_center_user')
            )
            then 'not a person'
        when not given.has_identities then 'cannot tell'
        when
            coalesce(changes.root_confidence, 'none') = 'none'
            or changes.root_principal_type in ('role', 'anonymous', 'unknown')
            then 'not found'
        when named.principal_id is not null then 'cannot tell'
        else 'not listed'
    end as human,
    coalesce(
        own.automation,
        behind.automation,
        case when given.has_automation_roles then 'no' else 'cannot tell' end
    ) as automation,
    case
        when not given.has_approvals then 'cannot tell'
        else coalesce(nullif(array_to_string(list_sort(list_distinct(list_transform(
            list_filter(
                list_concat(coalesce(allowed.windows, []), coalesce(behind_allowed.windows, [])),
                lambda one: changes.event_time
                between one.starts_at and one.ends_at  -- noqa: RF01
            ),
            lambda one: one.ticket  -- noqa: RF01
        ))), ', '), ''), 'none')
    end as approval
from changes
cross join given
left join automations as own on changes.principal_id = own.principal_id
left join automations as behind on changes.root_principal_id = behind.principal_id
left join identity_terms as named
    on
        changes.root_principal_id = named.principal_id
        and changes.event_date between named.first_date and named.last_date
left join approval_windows as allowed on changes.principal_id = allowed.principal_id
left join approval_windows as behind_allowed
    on changes.root_principal_id = behind_allowed.principal_id
