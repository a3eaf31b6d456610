/*
name: resource_arns_mentioned
grain: one row per event, place and ARN; an ARN may be in two places
description: >
  ARNs as events have them: what the service lists as resources, what a denial says it was about,
  and those in the parameters of calls that do not list any.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked
  event_name: the API operation
  resource_arn: the ARN
  found_in: resources, error_message, arn_parameter or response
  is_listed: whether the event lists resources
*/
with

denials as (
    select
        * exclude (error_message),
        case
            when strpos(error_message, 'on resource: ') > 0
                then regexp_extract(
                    error_message,
                    'on resource: "?(arn:.+?)"?(?: because | with an explicit |\.? Encoded |\.?$)',
                    1
                )
        end as denied_arn
    from (
        select
            event_id,
            event_time,
            event_date,
            account_id,
            event_source,
            event_name,
            error_message,
            list_distinct(
                list_filter(
                    list_transform(coalesce(resources, []), lambda one: one.arn),
                    lambda arn: starts_with(arn, 'arn:')
                )
            ) as listed_arns
        from events
        where resources is not null or error_message is not null
    )
),

mentioned as (
    select
        denials.* exclude (denied_arn, listed_arns),
        t.resource_arn,
        'resources' as found_in,
        true as is_listed
    from denials
    cross join unnest(listed_arns) as t (resource_arn)
    union all
    select
        denials.* exclude (denied_arn, listed_arns),
        denied_arn as resource_arn,
        'error_message' as found_in,
        array_length(listed_arns) > 0 as is_listed
    from denials
    where denied_arn <> '' and not list_contains(listed_arns, denied_arn)
    union all
    select
        resource_calls.* exclude (region, arn_partition, request, response),
        t.resource_arn,
        'arn_parameter' as found_in,
        false as is_listed
    from resource_calls
    cross join unnest(regexp_extract_all(request, '"(arn:[^"\\]+)"', 1)) as t (resource_arn)
    where strpos(request, '"arn:') > 0
    union all
    select
        resource_calls.* exclude (region, arn_partition, request, response),
        t.resource_arn,
        'response' as found_in,
        false as is_listed
    from resource_calls
    cross join unnest(regexp_extract_all(response, '"(arn:[^"\\]+)"', 1)) as t (resource_arn)
    where strpos(response, '"arn:') > 0
)

-- log groups come with an end that says "and its streams"; secrets without the end of their ARN
select
    * exclude (resource_arn),
    case
        when resource_arn like 'arn:%:logs:%'
            then regexp_replace(resource_arn, '(:log-stream:)?\*?$|:\*$', '')
        when
            resource_arn like 'arn:%:secretsmanager:%:secret:%'
            and not regexp_matches(resource_arn, '-[A-Za-z0-9]{6}$')
            then resource_arn || '-??????'
        else resource_arn
    end as resource_arn
from mentioned
