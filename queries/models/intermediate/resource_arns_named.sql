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
with

stated as (
    select
        event_id,
        event_time,
        event_date,
        account_id,
        event_source,
        event_name,
        list_distinct(
            list_filter(
                list_transform(coalesce(resources, []), lambda one: one.arn),
                lambda arn: starts_with(arn, 'arn:')
            )
        ) as listed_arns,
        case
            when strpos(error_message, 'on resource: ') > 0
                then regexp_extract(
                    error_message,
                    'on resource: "?(arn:.+?)"?(?: because | with an explicit |\.? Encoded |\.?$)',
                    1
                )
        end as denied_arn
    from events
    where resources is not null or error_message is not null
)

select
    stated.event_id,
    stated.event_time,
    stated.event_date,
    stated.account_id,
    stated.event_source,
    stated.event_name,
    t.resource_arn,
    'resources' as found_in,
    true as is_listed,
    null::varchar[] as listed_arns
from stated
cross join unnest(stated.listed_arns) as t (resource_arn)
union all
select
    event_id,
    event_time,
    event_date,
    account_id,
    event_source,
    event_name,
    denied_arn as resource_arn,
    'error_message' as found_in,
    array_length(listed_arns) > 0 as is_listed,
    listed_arns
from stated
where denied_arn <> ''
