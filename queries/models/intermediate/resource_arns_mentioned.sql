/*
name: resource_arns_mentioned
grain: one row per event, place and ARN; an ARN may be in two places
description: >
  ARNs as events have them: those that AWS names as resources, and those in the parameters of calls
  that do not list any.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked
  event_name: the API operation
  found_in: resources, error_message, arn_parameter or response
  is_listed: whether the event lists resources
  resource_arn: the ARN
*/
-- noqa: disable=LT09
with

mentioned as (
    select
        event_id, event_time, event_date, account_id, event_source, event_name,
        resource_arn,
        found_in,
        is_listed,
        listed_arns
    from resource_arns_named
    union all
    select
        event_id, event_time, event_date, account_id, event_source, event_name,
        unnest(regexp_extract_all(document, '"(arn:[^"\\]+)"', 1)) as resource_arn,
        case side when 'request' then 'arn_parameter' else 'response' end as found_in,
        false as is_listed,
        null as listed_arns
    from resource_documents
    where side <> 'call' and strpos(document, '"arn:') > 0
),

-- log groups come with an end that says "and its streams"; secrets without the end of their ARN
ended as (
    select
        event_id, event_time, event_date, account_id, event_source, event_name,
        found_in,
        is_listed,
        listed_arns,
        case
            when found_in = 'resources' then resource_arn
            when resource_arn like 'arn:%:logs:%'
                then regexp_replace(resource_arn, '(:log-stream:)?\*?$|:\*$', '')
            when
                resource_arn like 'arn:%:secretsmanager:%:secret:%'
                and not regexp_matches(resource_arn, '-[A-Za-z0-9]{6}$')
                then resource_arn || '-??????'
            else resource_arn
        end as resource_arn
    from mentioned
)

-- a pattern names no resource, unless it is an object whose key looks like one
select * exclude (listed_arns)
from ended
where
    not coalesce(list_contains(listed_arns, resource_arn), false)
    and regexp_matches(resource_arn, '^arn:[\w-]+:[\w-]+:[\w-]*:\w*:.*[^:]$')
    and (
        not regexp_matches(resource_arn, '[*?]')
        or resource_arn like 'arn:%:s3:::_%/%'
        or (resource_arn like 'arn:%:secretsmanager:%' and strpos(resource_arn, '*') = 0)
    )
