/*
name: resource_arns_typed
grain: one row per row of resource_arns_mentioned
description: ARNs as events have them, with the type whose ARNs have that shape.
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
  resource_type: "its type as AWS documents it; null: AWS documents none of that shape"
*/
with

arns as (
    select
        *,
        split_part(resource_arn, ':', 3) as arn_service,
        regexp_extract(resource_arn, '^arn:[^:]*:[^:]*:[^:]*:[^:]*:([^:/]*)', 1) as head,
        length(resource_arn) - length(replace(resource_arn, ':', '')) as n_colons,
        length(resource_arn) - length(replace(resource_arn, '/', '')) as n_slashes
    from resource_arns_mentioned
),

candidates as (
    select
        arns.*,
        list_concat(
            coalesce(worded.candidates, []), coalesce(other.candidates, [])
        ) as candidates
    from arns
    left join resource_types as worded
        on arns.arn_service = worded.arn_service and arns.head = worded.head and arns.head <> ''
    left join resource_types as other
        on arns.arn_service = other.arn_service and other.head = ''
)

-- noqa: disable=RF01
select
    event_id,
    event_time,
    event_date,
    account_id,
    event_source,
    event_name,
    resource_arn,
    found_in,
    is_listed,
    list_extract(
        list_filter(
            candidates,
            lambda one:
            resource_arn like one.arn_like
            and coalesce(one.n_colons = n_colons, true)
            and coalesce(one.n_slashes = n_slashes, true)
        ),
        1
    ).resource_type as resource_type
from candidates
