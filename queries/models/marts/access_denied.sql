/*
name: access_denied
grain: one row per call that was denied (event_date, event_id, account_id)
description: Denied calls with who was behind them and which policy denied them.
materialize: daily
lookback: {session_lineage: 2 days}
checks:
  unique: [event_date, event_id, account_id]
  not_null:
    [event_id, event_time, event_date, principal_id,
     human, automation]
  accepted:
    policy_type:
      [identity_based, resource_based, session, permissions_boundary, service_control,
       resource_control, vpc_endpoint]
    root_confidence: [certain, likely, possible, none]
  reconciles:
    all_denials_of_the_facts: >
      select (select count(*) from access_denied)
      = (select count(*) from events where is_counted and is_denied)
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account
  account_name: its name, where known
  region: the region
  event_source: the service that was asked, as a host name
  event_name: the API operation
  principal_id: who was denied
  principal_type: what kind of principal that is
  root_principal_id: >
    who was really behind it, as far back as is known; the principal itself where it acts without a
    session; null, unknown
  root_human: the human behind it; null, not known
  root_confidence: how sure that is; none, the way back was not found
  action: the IAM action that was denied, from AWS's message where it names one, else as mapped
  resource: the resource that AWS's message names; null, none
  resource_arn: >
    its ARN, or where the message names none, the one resource that the call is about; null, none
    or several
  policy_type: the kind of policy that denied it; null, AWS does not say
  denying_policy_arn: that policy, where the message names it
  is_explicit_deny: >
    whether a policy forbids it; false, none allows it; null, AWS does not say
  error_code: the error
  error_message: AWS's message
  source_ip: the address it came from
  user_agent: the program that made it
  invoked_by: the service that made the call for the principal
  human: >
    the human behind it; not a person, a service, a workload or an automation; not listed,
    identities has no line for who is behind it that holds on that day; not found, the way back
    was not found; cannot tell, identities was not given or names several at once
  automation: >
    the automation that the principal, or who is behind it, is listed as; no, it is not listed;
    cannot tell, automation_roles was not given
*/
with

-- what a denied call is about, where that is one resource
asked as (
    select
        event_date,
        event_id,
        account_id,
        min(resource_arn) as resource_arn
    from event_resources
    where not regexp_matches(resource_arn, '[*?]')
    group by event_date, event_id, account_id
    having min(resource_arn) = max(resource_arn)
)

select
    denied.event_id,
    denied.event_time,
    denied.event_date,
    denied.account_id,
    denied.account_name,
    denied.region,
    denied.event_source,
    denied.event_name,
    denied.principal_id,
    denied.principal_type,
    denied.root_principal_id,
    denied.root_human,
    denied.root_confidence,
    coalesce(messages.denied_action, denied.iam_action) as action,
    messages.denied_resource as resource,
    case
        when messages.denied_resource like 'arn:%' then messages.denied_resource
        else asked.resource_arn
    end as resource_arn,
    messages.policy_type,
    messages.denying_policy_arn,
    messages.is_explicit_deny,
    denied.error_code,
    denied.error_message,
    denied.source_ip,
    denied.user_agent,
    denied.invoked_by,
    denied.human,
    denied.automation
from actors_in_context as denied
left join access_denied_messages as messages
    on
        denied.event_date = messages.event_date
        and denied.event_id = messages.event_id
        and denied.account_id is not distinct from messages.account_id
left join asked
    on
        denied.event_date = asked.event_date
        and denied.event_id = asked.event_id
        and denied.account_id is not distinct from asked.account_id
where denied.is_denied
