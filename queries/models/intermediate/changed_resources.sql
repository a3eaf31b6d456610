/*
name: changed_resources
grain: >
  one row per resource and call that changed it
  (resource_arn, event_date, event_id, account_id)
description: Changes that succeeded with each resource that they name.
materialize: view
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
*/
with

targets as (
    select
        event_source,
        event_name,
        bool_or(area <> 'creation') as is_known,
        list_sort(array_agg(distinct target_type)) as target_types,
        list_sort(array_agg(distinct target_type) filter (where area = 'creation'))
            as created_types
    from change_kinds
    where target_type is not null
    group by event_source, event_name
),

changed as (
    select
        resources.resource_arn,
        resources.resource_type,
        resources.found_in,
        resources.confidence,
        changes.*,
        targets.is_known,
        targets.target_types,
        targets.created_types,
        -- of elasticloadbalancing:loadbalancer/app/ that is loadbalancer
        lower(replace(split_part(split_part(resources.resource_type, ':', 2), '/', 1), '-', ''))
            as type_word
    from changes_in_context as changes
    inner join event_resources as resources
        on
            changes.event_date = resources.event_date
            and changes.event_id = resources.event_id
            and changes.account_id is not distinct from resources.account_id
    left join targets
        on
            changes.event_source = targets.event_source
            and changes.event_name = targets.event_name
    where
        not changes.is_error
        and (
            coalesce(changes.is_management_event, true)
            or resources.resource_type = 's3:object'
        )
)

select
    resource_arn,
    resource_type,
    event_time,
    event_date,
    event_id,
    account_id,
    account_name,
    region,
    event_source,
    event_name,
    regexp_matches(lower(event_name), '^create' || type_word || '(20[0-9]{6}(v[0-9]+)?)?$')
    or coalesce(list_contains(created_types, resource_type), false) as is_created,
    case when is_known then list_contains(target_types, resource_type) end as is_target,
    principal_id,
    principal_type,
    root_principal_id,
    root_human,
    root_confidence,
    source_ip,
    user_agent,
    is_console,
    found_in,
    confidence,
    human,
    automation,
    approval
from changed
