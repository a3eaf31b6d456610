/*
name: logging_changes
grain: one row per call that changes what is logged or watched (event_date, event_id, account_id)
description: Logs and detection that were stopped, removed, narrowed or started, and by whom.
materialize: daily
checks:
  unique: [event_date, event_id, account_id]
  not_null:
    [event_id, event_time, event_date, principal_id, kind, effect, is_success,
     human, automation, approval]
  accepted:
    effect: [started, stopped, removed, narrowed, changed]
    root_confidence: [certain, likely, possible, none]
  reconciles:
    every_call_of_the_area: >
      select (select count(*) from logging_changes)
      = (select count(*) from events
      inner join change_kinds using (event_source, event_name)
      where is_counted and area = 'logging'
      and (request_key is null or strpos(request_parameters, request_key) > 0))
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
  kind: what kind of log or detector
  effect: >
    started, stopped, removed, narrowed, or changed where the event does not tell which way
  target_type: the type of what is changed, as an IAM resource type
  target: >
    its name or id, as the event has it; of what a failed call did not make, the one resource that
    it was to be made for
  target_arn: >
    its ARN, where known; a user's or role's as if its path were / where no path is known
  source_ip: the address it came from
  user_agent: the program that made it
  is_console: whether it was made in the console
  is_success: whether the call succeeded; if not, nothing was changed
  error_code: why it failed; null, it did not
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
    effects.effect,
    targets.target_type,
    targets.target,
    targets.target_arn,
    changes.source_ip,
    changes.user_agent,
    changes.is_console,
    not changes.is_error as is_success,
    changes.error_code,
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
inner join logging_effects as effects
    on
        changes.event_date = effects.event_date
        and changes.event_id = effects.event_id
        and changes.account_id is not distinct from effects.account_id
where targets.area = 'logging'
