/*
name: exposure_changes
grain: >
  one row per call that opens something to others, or closes it
  (event_date, event_id, account_id)
description: What was opened to the world or to other accounts, what was closed, why, by whom.
materialize: daily
checks:
  unique: [event_date, event_id, account_id]
  not_null:
    [event_id, event_time, event_date, principal_id, kind, reason,
     human, automation, approval]
  accepted:
    audience: [everyone, other_account]
    root_confidence: [certain, likely, possible, none]
  reconciles:
    nothing_but_calls_that_succeeded: >
      select (select count(*) from exposure_changes)
      = (select count(*) from exposure_changes
      inner join events using (event_id, event_date)
      where is_counted and not is_error
      and exposure_changes.account_id is not distinct from events.account_id)
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  account_name: its name, where known
  region: the region
  event_source: the service that was asked, as a host name
  event_name: the API operation
  principal_id: the principal that made the call
  principal_type: what kind of principal that is
  root_principal_id: >
    who was really behind it, as far back as is known; the principal itself where it acts without a
    session; null, unknown
  root_human: the human behind it; null, not known
  root_confidence: how sure that is; none, the way back was not found
  kind: what decides on it, such as policy, acl, sharing, security_group
  change: what the operation does, whether it opens or closes something or not
  target_type: the type of what is exposed, as an IAM resource type; null, the account
  target: its name or id, as the event has it
  target_arn: >
    its ARN, where known; a user's or role's as if its path were / where no path is known
  is_exposed: >
    true, the call opens it; false, the call closes a way in, others may be left; null, the event
    does not tell, as where a condition decides
  audience: who may come in, everyone or other_account; null of what is closed
  reason: what makes it so
  source_ip: the address it came from
  user_agent: the program that made it
  is_console: whether it was made in the console
  is_success: whether it succeeded; always true here, for a call that failed exposes nothing
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
  scopes: >
    names of the scopes that the account, the target or the target's account is in, sorted;
    empty, none; null, scopes was not given
*/
with

judged as (
    select
        event_id,
        event_date,
        account_id,
        is_exposed,
        audience,
        reason
    from exposed_by_policy
    where reason is not null
    union all
    select
        event_id,
        event_date,
        account_id,
        is_exposed,
        audience,
        reason
    from exposed_by_setting
    union all
    select
        event_id,
        event_date,
        account_id,
        is_exposed,
        audience,
        reason
    from exposed_by_sharing
    union all
    select
        event_id,
        event_date,
        account_id,
        is_exposed,
        audience,
        reason
    from exposed_by_network
)

select
    changes.event_id,
    changes.event_time,
    changes.event_date,
    changes.account_id,
    changes.account_name,
    changes.region,
    changes.event_source,
    changes.event_name,
    changes.principal_id,
    changes.principal_type,
    changes.root_principal_id,
    changes.root_human,
    changes.root_confidence,
    targets.kind,
    targets.change,
    targets.target_type,
    targets.target,
    targets.target_arn,
    judged.is_exposed,
    case when coalesce(judged.is_exposed, true) then judged.audience end as audience,
    judged.reason,
    changes.source_ip,
    changes.user_agent,
    changes.is_console,
    not changes.is_error as is_success,
    changes.human,
    changes.automation,
    changes.approval,
    targets.scopes
from changes_in_context as changes
inner join scoped_targets as targets
    on
        changes.event_date = targets.event_date
        and changes.event_id = targets.event_id
        and changes.account_id is not distinct from targets.account_id
inner join judged
    on
        changes.event_date = judged.event_date
        and changes.event_id = judged.event_id
        and changes.account_id is not distinct from judged.account_id
where targets.area = 'exposure'
