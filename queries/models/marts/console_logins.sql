/*
name: console_logins
grain: one row per sign-in to the console or switch of role (event_date, event_id, account_id)
description: Console sign-ins and role switches with outcome, method and use of MFA.
materialize: daily
lookback: {session_lineage: 2 days}
checks:
  unique: [event_date, event_id, account_id]
  not_null:
    [event_id, event_time, event_date, principal_id, method,
     human, automation]
  accepted:
    outcome: [success, failure]
    method: [user, root, identity_center, federation, switch_role, unknown]
    root_confidence: [certain, likely, possible, none]
  reconciles:
    all_sign_ins_of_the_facts: >
      select (select count(*) from console_logins)
      = (select count(*) from events
      where is_counted and event_source = 'signin.amazonaws.com'
      and event_name in ('ConsoleLogin', 'SwitchRole'))
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account
  account_name: its name, where known
  region: the region of the sign-in page
  principal_id: who signed in; of a switch, who switched
  principal_type: what kind of principal that is
  principal_name: its name; null where AWS hides what was typed
  session_name: the name of the session, of a federated or Identity Center sign-in the person's
  method: how; switch_role, from one role to another in the console
  outcome: success or failure; null, the event does not say
  failure_reason: what AWS says of a failure
  is_mfa_used: >
    whether a second factor was used; null where AWS cannot know, as for federated sign-ins, whose
    identity provider checks it, and for switches
  mfa_device: the factor's serial number or ARN, where logged
  is_mobile: whether the mobile console was used; null, not logged
  login_to: the page that was opened; of a switch, the role that was taken on
  source_ip: the address it came from
  user_agent: the browser
  root_principal_id: >
    who was really behind it, as far back as is known; null, unknown
  root_confidence: how sure that is; none, the way back was not found
  human: >
    the human behind it; not a person, a service, a workload or an automation; not listed,
    identities has no line for who is behind it that holds on that day; not found, the way back
    was not found; cannot tell, identities was not given or names several at once
  automation: >
    the automation that the principal, or who is behind it, is listed as; no, it is not listed;
    cannot tell, automation_roles was not given
*/
with

logins as (
    select
        *,
        lower(
            coalesce(
                response_elements ->> '$.ConsoleLogin',
                response_elements ->> '$.SwitchRole'
            )
        ) as outcome,
        upper(additional_event_data ->> '$.MFAUsed') as mfa_used,
        additional_event_data ->> '$.MFAIdentifier' as mfa_device,
        upper(additional_event_data ->> '$.MobileVersion') as mobile_version,
        coalesce(
            additional_event_data ->> '$.SwitchTo',
            additional_event_data ->> '$.LoginTo'
        ) as login_to,
        case
            when event_name = 'SwitchRole' then 'switch_role'
            when principal_type in ('user', 'root') then principal_type
            when principal_type = 'identity_center_user' then 'identity_center'
            when principal_id like '%/AWSReservedSSO\_%' escape '\' then 'identity_center'
            when principal_type in ('role', 'saml_user', 'web_identity_user', 'federated_user')
                then 'federation'
            else 'unknown'
        end as method
    from actors_in_context
    where
        event_source = 'signin.amazonaws.com'
        and event_name in ('ConsoleLogin', 'SwitchRole')
)

select
    event_id,
    event_time,
    event_date,
    account_id,
    account_name,
    region,
    principal_id,
    principal_type,
    principal_name,
    session_name,
    method,
    case when outcome in ('success', 'failure') then outcome end as outcome,
    case when outcome = 'failure' then coalesce(error_message, error_code) end as failure_reason,
    case when method in ('user', 'root') then mfa_used = 'YES' end as is_mfa_used,
    mfa_device,
    mobile_version = 'YES' as is_mobile,
    login_to,
    source_ip,
    user_agent,
    root_principal_id,
    root_confidence,
    human,
    automation
from logins
