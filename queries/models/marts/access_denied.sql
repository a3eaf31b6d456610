/*
name: access_denied
grain: one row per call that was denied (event_id, account_id)
description: Denied calls with who was behind them and which policy denied them.
materialize: daily
lookback: {session_lineage: 2 days}
checks:
  unique: [event_id, account_id]
  not_null: [event_id, event_time, event_date, principal_id]
  accepted:
    policy_type:
      [identity, resource, session, permissions_boundary, service_control, resource_control,
       vpc_endpoint, role_trust]
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
  root_principal_id: who was really behind it; null, unknown
  root_human: the human behind it; null, not known
  link_confidence: how sure that is
  action: the IAM action that was denied, from AWS's message where it names one, else as mapped
  resource: the resource that AWS's message names; null, none
  policy_type: the kind of policy that denied it; null, AWS does not say
  is_explicit_deny: >
    whether a policy forbids it; false, none allows it; null, AWS does not say
  error_code: the error
  error_message: AWS's message
  source_ip: the address it came from
  user_agent: the program that made it
  invoked_by: the service that made the call for the principal
*/
with

denied as (
    select
        *,
        case
            when regexp_matches(error_message, 'perform: [A-Za-z0-9-]+:[A-Za-z0-9*]+')
                then regexp_extract(error_message, 'perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)', 1)
        end as message_action,
        case
            when regexp_matches(error_message, 'on resource: "?[^ "]+')
                then
                    rtrim(regexp_extract(error_message, 'on resource: "?([^ "]+)', 1), ',.')
        end as message_resource
    from event_actors
    where is_denied
)

select
    event_id,
    event_time,
    event_date,
    account_id,
    account_name,
    region,
    event_source,
    event_name,
    principal_id,
    principal_type,
    root_principal_id,
    root_human,
    link_confidence,
    coalesce(message_action, iam_action) as action,
    message_resource as resource,
    case
        when error_message like '%identity-based polic%' then 'identity'
        when error_message like '%resource-based polic%' then 'resource'
        when error_message like '%session polic%' then 'session'
        when error_message like '%permissions boundary%' then 'permissions_boundary'
        when error_message like '%service control polic%' then 'service_control'
        when error_message like '%resource control polic%' then 'resource_control'
        when error_message like '%VPC endpoint polic%' then 'vpc_endpoint'
        when error_message like '%role trust polic%' then 'role_trust'
    end as policy_type,
    case
        when error_message like '%with an explicit deny%' then true
        when error_message like '%because no %' then false
    end as is_explicit_deny,
    error_code,
    error_message,
    source_ip,
    user_agent,
    invoked_by
from denied
