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
  target: >
    its name or id, as the event has it; of what a failed call did not make, the one resource that
    it was to be made for; null, the event has none
  target_arn: >
    its ARN, where exactly one of that type was found in the event; a user's or role's as if its
    path were / where it is not known
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
        changes.is_error,
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

resources as (
    select
        every.event_id,
        every.event_date,
        every.account_id,
        every.resource_type,
        min(every.resource_arn) as resource_arn,
        min(every.resource_arn) = max(every.resource_arn) as is_one
    from event_resources as every
    semi join named on every.event_date = named.event_date and every.event_id = named.event_id
    -- a role whose path is not known is better named than not; a pattern names nothing
    where not regexp_matches(every.resource_arn, '[*?]')
    group by every.event_id, every.event_date, every.account_id, every.resource_type
),

-- what is to be made and is not has no name; what it was to be made for often has
lone as (
    select
        event_id,
        event_date,
        account_id,
        min(resource_type) as resource_type,
        min(resource_arn) as resource_arn
    from resources
    group by event_id, event_date, account_id
    having count(*) = 1 and bool_and(is_one)
)

select
    named.event_id,
    named.event_date,
    named.account_id,
    named.area,
    named.kind,
    named.change,
    coalesce(lone.resource_type, named.target_type) as target_type,
    coalesce(named.target, regexp_extract(lone.resource_arn, '[^:/]+$')) as target,
    coalesce(found.resource_arn, lone.resource_arn) as target_arn
from named
left join resources as found
    on
        named.event_date = found.event_date
        and named.event_id = found.event_id
        and named.account_id is not distinct from found.account_id
        and named.target_type = found.resource_type
        and found.is_one
left join lone
    on
        named.event_date = lone.event_date
        and named.event_id = lone.event_id
        and named.account_id is not distinct from lone.account_id
        and named.is_error
        and named.target is null
        and named.target_type is not null
