/*
name: events
grain: one row per row of the facts (event_date, event_id, account_id)
description: "The facts, typed and readable: who called, for which IAM action, with what outcome."
materialize: view
checks:
  accepted:
    principal_type:
      [user, role, root, federated_user, saml_user, web_identity_user, identity_center_user,
       aws_service, account, anonymous, unknown]
  rows:
    is_an_event_of_someone: >
      event_id is not null and event_time is not null and event_date is not null
      and principal_id is not null and principal_type is not null
      and is_error is not null and is_denied is not null and is_counted is not null
  reconciles:
    every_event_once: select (select count(*) from events) = (select count(*) from cloudtrail_logs)
columns:
  event_id: the event's id; of a record without one, the hash of its content
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it, else the caller's
  account_name: "the account's name; null: no CSV file of accounts names it"
  region: the region that was asked
  event_source: the service that was asked, as a host name
  service: the same without .amazonaws.com
  event_name: the API operation
  event_type: the kind of record, such as AwsApiCall
  event_category: Management, Data, NetworkActivity or Insight; null before version 1.07
  principal_id: who called, the same over all sessions; never null
  principal_type: the kind of principal
  principal_name: "what people call it; null: the record does not say"
  principal_account_id: "the principal's account; null: it has none, or the record does not say"
  principal_unique_id: AIDA… or AROA…, which is new when a user or role is made again under its name
  session_id: "the session's key, else its principal and start; null: long-term keys, services"
  session_name: the name that the session was given, which its caller chose
  access_key_id: the access key of the call
  source_identity: what the session's source identity was set to, which it cannot change
  invoked_by: the service that made the call for the caller
  iam_action: "the IAM action; of a denied call, the one its message names; null: unknown or none"
  iam_actions: all IAM actions it needs, iam_action first
  access_level: "read, list, write, tagging or permissions_management; null: unknown"
  is_read_only: "as the record says, else by access level; null: neither tells"
  is_management_event: "as the record says, else by its category; null: neither tells"
  error_code: AWS's word for a refusal or failure
  error_message: the same in a sentence
  is_error: whether it failed; a failed sign-in has a message only
  is_denied: whether a policy kept the caller from it
  source_ip: "the IP address it came from; null: a service, or no address"
  source_service: the service that sourceIPAddress names
  user_agent: what the caller said it is
  vpc_endpoint_id: the VPC endpoint it came through
  tls_version: the TLS version of the request
  is_mfa_authenticated: "whether AWS checked a second factor; null: unknown, as for long-term keys"
  is_console: "whether the console made it; null: unknown, as where only the user agent says so"
  session_created_at: when the session began
  request_parameters: what was asked for, as JSON text
  response_elements: what was answered, as JSON text
  additional_event_data: what the service adds, as JSON text
  service_event_details: details of an event that a service triggered itself, as JSON text
  resources: what it was about, where the service says so
  request_id: AWS's id of the request
  shared_event_id: the same on both sides of a cross-account call
  update_reason: why the event was late or written again
  original_event_id: the event that this one is a new version of
  is_counted: >
    false: a new version of an event that is counted already, with that one or another version of it
    at most a day before or after; versions further apart are each counted
  source_object: the object it was read from
  on_behalf_of: the Identity Center user that the call is made for, in the form of a principal_id
  workload_arn: the workload that the credentials were issued to (inScopeOf)
*/
with

-- grouped by what they are joined by, so that no event comes twice
actions as (
    select
        event_source,
        event_name,
        min(iam_action) as mapped_action,
        min(iam_actions) as mapped_actions,
        min(access_level) as access_level
    from iam_actions
    group by 1, 2
),

levels as (
    select
        iam_action as denied_action,
        min(access_level) as denied_level
    from iam_actions
    where iam_action is not null
    group by 1
),

names as (
    select
        account_id,
        min(account_name) as account_name
    from accounts
    group by 1
),

-- joined by a column that is null in nearly every event, and so costs nothing to read
updates as (
    select
        original_event_id,
        coalesce(account_id, '') as account_key,
        -- by day, since one id may come on two of them
        array_agg(event_date || event_id) filter (where is_counted) as counted
    from event_updates
    group by 1, 2
)

-- noqa: disable=LT09
select
    logs.event_id, logs.event_time, logs.event_date, logs.account_id, names.account_name,
    logs.region, logs.event_source, replace(logs.event_source, '.amazonaws.com', '') as service,
    logs.event_name, logs.event_type, logs.event_category,
    logs.principal_id, logs.principal_type, logs.principal_name, logs.principal_account_id,
    logs.principal_unique_id, logs.session_id, logs.session_name, logs.access_key_id,
    logs.source_identity, logs.invoked_by,
    coalesce(logs.denied_action, actions.mapped_action) as iam_action,
    case
        when logs.denied_action is null then actions.mapped_actions
        else [logs.denied_action] || list_filter(
            coalesce(actions.mapped_actions, []),
            lambda other: other <> logs.denied_action  -- noqa: RF02
        )
    end as iam_actions,
    case
        when logs.denied_action <> coalesce(actions.mapped_action, '') then levels.denied_level
        else actions.access_level
    end as access_level,
    coalesce(
        case logs.read_only_flag when 'true' then true when 'false' then false end,
        actions.access_level in ('read', 'list')
    ) as is_read_only,
    logs.is_management_event, logs.error_code, logs.error_message, logs.is_error, logs.is_denied,
    logs.source_ip, logs.source_service, logs.user_agent, logs.vpc_endpoint_id, logs.tls_version,
    logs.is_mfa_authenticated, logs.is_console, logs.session_created_at, logs.request_parameters,
    logs.response_elements, logs.additional_event_data, logs.service_event_details,
    logs.resources, logs.request_id, logs.shared_event_id, logs.update_reason,
    logs.original_event_id, updates.original_event_id is null
    or coalesce(
        list_contains(updates.counted, logs.event_date || logs.event_id), false
    ) as is_counted,
    logs.source_object, logs.on_behalf_of, logs.workload_arn
from typed_logs as logs
left join actions using (event_source, event_name)
left join levels using (denied_action)
left join names using (account_id)
left join updates
    on
        logs.original_event_id = updates.original_event_id
        and coalesce(logs.account_id, '') = updates.account_key
