/*
name: resource_history
grain: >
  one row per resource and call that changed it
  (resource_arn, event_date, event_id, account_id)
description: >
  Every change of a resource, in the order of resource, time and event, and by whom really. Writing
  and deleting an S3 object is a change of the object; what is done to the items of a table or the
  messages of a queue is in data_access.
materialize: daily
checks:
  unique: [resource_arn, event_date, event_id, account_id]
  not_null:
    [resource_arn, event_id, event_time, event_date, principal_id,
     human, automation, approval]
  accepted:
    root_confidence: [certain, likely, possible, none]
  reconciles:
    every_change_with_its_resources: >
      select (select count(*) from resource_history)
      = (select count(*) from changes
      inner join event_resources using (event_id, event_date)
      where not is_error
      and changes.account_id is not distinct from event_resources.account_id
      and (coalesce(is_management_event, true) or resource_type = 's3:object'))
columns:
  resource_arn: the resource
  resource_type: its type, as an IAM resource type
  event_time: when it was changed
  event_date: its UTC day
  event_id: the event
  account_id: the account whose trail has it
  account_name: its name, where known
  region: the region
  event_source: the service that was asked, as a host name
  event_name: the API operation
  is_created: whether the call made the resource
  is_target: >
    whether the resource is what the call changes rather than what it uses; null, not known
  principal_id: the principal that made the call
  principal_type: what kind of principal that is
  root_principal_id: >
    who was really behind it, as far back as is known; the principal itself where it acts without a
    session; null, unknown
  root_human: the human behind it; null, not known
  root_confidence: how sure that is; none, the way back was not found
  source_ip: the address it came from
  user_agent: the program that made it
  is_console: whether it was made in the console
  found_in: where in the event the resource was found
  confidence: how sure the resource is
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
    names of the scopes that the account, the resource or the resource's account is in, sorted;
    empty, none; null, scopes was not given
*/
with

scope_file as (
    select coalesce(bool_or(is_given), false) as is_given
    from context_given
    where name = 'scopes'
),

starred as (
    select
        array_agg(
            cast(
                row(scope, like_pattern) as struct(scope varchar, like_pattern varchar)
            )
        ) as patterns
    from scope_patterns
)

-- noqa: disable=LT09
select
    changed.resource_arn, changed.resource_type, changed.event_time, changed.event_date,
    changed.event_id, changed.account_id, changed.account_name, changed.region,
    changed.event_source, changed.event_name, changed.is_created, changed.is_target,
    changed.principal_id, changed.principal_type, changed.root_principal_id, changed.root_human,
    changed.root_confidence, changed.source_ip, changed.user_agent, changed.is_console,
    changed.found_in, changed.confidence, changed.human, changed.automation, changed.approval,
    -- noqa: enable=LT09
    case
        when scope_file.is_given
            then list_sort(
                list_distinct(
                    list_concat(
                        coalesce(trails.scopes, []),
                        coalesce(owners.scopes, []),
                        coalesce(listed.scopes, []),
                        list_transform(
                            list_filter(
                                coalesce(starred.patterns, []),
                                lambda one: changed.resource_arn
                                like one.like_pattern escape '\'  -- noqa: RF01
                            ),
                            lambda one: one.scope  -- noqa: RF01
                        )
                    )
                )
            )
    end as scopes
from changed_resources as changed
cross join scope_file
cross join starred
left join scope_accounts as trails on changed.account_id = trails.account_id
left join scope_accounts as owners
    on split_part(changed.resource_arn, ':', 5) = owners.account_id
left join scope_arns as listed on changed.resource_arn = listed.resource_arn
order by changed.resource_arn, changed.event_time, changed.event_id
