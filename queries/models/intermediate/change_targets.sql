/*
name: change_targets
grain: one row per change and area it belongs to (event_date, event_id, account_id, area)
description: What a change is about, in each area that it is known in, and what it does to it.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  area: permissions, network, logging or exposure
  kind: what kind of change, within the area
  change: what it does, as far as the operation alone tells
  target_type: the type of what is changed, as an IAM resource type; null, an account or service
  target: its name or id, as the event has it; null, the event has none
  target_arn: >
    its ARN, where exactly one of that type was found in the event; a user's or role's as if its
    path were / where the event has only its name
*/
with

named as (
    select
        changes.event_id,
        changes.event_date,
        changes.account_id,
        kinds.area,
        kinds.kind,
        kinds.change,
        kinds.target_type,
        coalesce(
            json_extract_string(changes.request_parameters, kinds.target_path),
            json_extract_string(changes.response_elements, kinds.response_path)
        ) as target
    from changes
    inner join change_kinds as kinds
        on
            changes.event_source = kinds.event_source
            and changes.event_name = kinds.event_name
    where
        kinds.area in ('permissions', 'network', 'logging', 'exposure')
        and (
            kinds.request_key is null
            or strpos(changes.request_parameters, kinds.request_key) > 0
        )
),

found as (
    select
        event_id,
        event_date,
        account_id,
        resource_type,
        min(resource_arn) as resource_arn
    from event_resources
    -- a role whose path is not known is better named than not; a pattern names nothing
    where not regexp_matches(resource_arn, '[*?]')
    group by event_id, event_date, account_id, resource_type
    having min(resource_arn) = max(resource_arn)
)

select
    named.event_id,
    named.event_date,
    named.account_id,
    named.area,
    named.kind,
    named.change,
    named.target_type,
    named.target,
    found.resource_arn as target_arn
from named
left join found
    on
        named.event_date = found.event_date
        and named.event_id = found.event_id
        and named.account_id is not distinct from found.account_id
        and named.target_type = found.resource_type
