/*
name: access_denied_messages
grain: >
  one row per event whose error message names the refused action
  (event_date, event_id, account_id)
description: What error messages say of refused calls, in every form that AWS documents.
materialize: view
checks:
  not_null: [denied_action]
  accepted:
    policy_type: [identity_based, resource_based, session, permissions_boundary, service_control,
      resource_control, vpc_endpoint]
columns:
  account_id: the account that received the call, else the caller's
  event_id: the event
  event_date: the UTC day of the event
  event_time: when the call was made
  denied_principal: who was refused, as the message has it; null where it names no one
  denied_action: the IAM action that was refused, its prefix in lower case
  denied_resource: the resource it was refused on, an ARN, a name or *; null where none is named
  policy_type: >-
    the kind of policy that refused it, identity_based, resource_based, session,
    permissions_boundary, service_control, resource_control or vpc_endpoint; a role's trust policy
    is resource_based; null where the message does not say
  is_explicit_deny: "a policy denies it; false: none allows it; null: the message does not say"
  missing_action: the action that a policy would have to allow, where it is not denied_action
  denying_policy_arn: the policy that denies it, where the message names it
*/
with

messages as (
    select
        nullif(coalesce(recipientaccountid, useridentity.accountid), '') as account_id,
        coalesce(record_hash, eventid) as event_id,
        event_date,
        event_time,
        regexp_replace(errormessage, '\s+', ' ', 'g') as message
    from cloudtrail_logs
    where
        errormessage like '%authorized%'
        and regexp_matches(errormessage, 'ot\s+authorized\s+to\s+perform:?\s+[\w-]+:\w+')
),

parts as (
    select
        *,
        regexp_extract(message, '([^ ]+) is not authorized to perform', 1) as who,
        regexp_extract(message, 'ot authorized to perform:? ([\w-]+):\w+', 1) as prefix,
        regexp_extract(message, 'ot authorized to perform:? [\w-]+:(\w+)', 1) as action,
        regexp_extract(
            message,
            'ot authorized to perform:? [^ ]+ on resource: "?(.+?)"?\.?'
            || '( because | with an explicit deny| Encoded authorization| Authorization ID|$)',
            1
        ) as what,
        lower(
            regexp_extract(
                message,
                '(?i)(because no|explicit deny in an?|explicit deny in the) '
                || '(permissions boundary|[\w-]+( \w+)? policy)',
                2
            )
        ) as policy,
        regexp_extract(message, 'because no [\w -]+ allows the ([\w-]+:\w+) action', 1) as missing,
        regexp_extract(message, 'explicit deny in [\w -]+: (arn:[^ ]+)', 1) as policy_arn
    from messages
)

select
    account_id,
    event_id,
    event_date,
    event_time,
    case when who not in ('', 'User', 'user') then who end as denied_principal,
    concat(lower(prefix), ':', action) as denied_action,
    case when what <> '' then what end as denied_resource,
    case policy
        when 'identity-based policy' then 'identity_based'
        when 'resource-based policy' then 'resource_based'
        when 'role trust policy' then 'resource_based'
        when 'session policy' then 'session'
        when 'permissions boundary' then 'permissions_boundary'
        when 'service control policy' then 'service_control'
        when 'resource control policy' then 'resource_control'
        when 'vpc endpoint policy' then 'vpc_endpoint'
    end as policy_type,
    case
        when message like '%with an explicit deny%' then true
        when regexp_matches(message, 'because no [\w -]+ allows the') then false
    end as is_explicit_deny,
    case
        when missing <> '' and lower(missing) <> lower(concat(prefix, ':', action)) then missing
    end as missing_action,
    case when policy_arn <> '' then regexp_replace(policy_arn, '\.$', '') end as denying_policy_arn
from parts
