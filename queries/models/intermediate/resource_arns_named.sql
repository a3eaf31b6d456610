/*
name: resource_arns_named
grain: one row per event, place and ARN
description: ARNs that AWS itself names as what an event was about, as resources or in a denial.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked
  event_name: the API operation
  resource_arn: the ARN
  found_in: resources or error_message
  is_listed: whether the event lists resources
  listed_arns: of a denial, the ARNs that the event lists
*/
-- noqa: disable=LT09
with

listed as (
    select
        event_id, event_time, event_date, account_id, event_source, event_name,
        unnest(list_distinct(list_transform(resources, lambda one: one.arn))) as resource_arn
    from events
    where array_length(resources) > 0
),

denied as (
    select
        event_id, event_time, event_date, account_id, event_source, event_name,
        list_transform(coalesce(resources, []), lambda one: one.arn) as listed_arns,
        regexp_extract(
            error_message,
            'on resource: "?(arn:.+?)"?(?: because | with an explicit |\.? Encoded |\.?$)',
            1
        ) as denied_arn
    from events
    where strpos(error_message, 'on resource: ') > 0
)

select
    event_id, event_time, event_date, account_id, event_source, event_name,
    resource_arn,
    'resources' as found_in,
    true as is_listed,
    null::varchar[] as listed_arns
from listed
where regexp_matches(resource_arn, '^arn:[\w-]+:[\w-]+:[\w-]*:\w*:.')
union all
select
    event_id, event_time, event_date, account_id, event_source, event_name,
    denied_arn as resource_arn,
    'error_message' as found_in,
    array_length(
        list_filter(
            listed_arns, lambda arn: regexp_matches(arn, '^arn:[\w-]+:[\w-]+:[\w-]*:\w*:.')
        )
    ) > 0 as is_listed,
    listed_arns
from denied
where denied_arn <> ''
