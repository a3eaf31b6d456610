/*
name: resource_arns_built
grain: one row per event, place and ARN put together from an identifier; some come twice
description: ARNs built from identifiers in parameters.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked
  event_name: the API operation
  resource_arn: the ARN
  resource_type: its type
  found_in: template or response
  confidence: certain, likely or partial
*/
-- noqa: disable=LT09
with

identifiers as (
    select
        event_id, event_time, event_date, account_id, event_source, event_name, region,
        arn_partition, side, resource_type, arn_pattern, resource_id,
        id_2, id_3, owner_account_id, confidence
    from resource_identifiers
    union all
    select
        event_id, event_time, event_date, account_id, event_source, event_name, region,
        arn_partition, side, resource_type, arn_pattern, resource_id,
        null as id_2, null as id_3, account_id as owner_account_id, confidence
    from resource_ids_mentioned
),

placed as (
    select
        *,
        replace(
            replace(replace(arn_pattern, '${Partition}', arn_partition), '${Region}', region),
            '${Account}',
            coalesce(owner_account_id, '${Account}')
        ) as arn_here
    from identifiers
),

built as (
    select
        *,
        -- EventBridge leaves its default bus out of a rule's ARN
        replace(
            replace(
                replace(
                    replace(arn_here, '${2}', coalesce(id_2, '${2}')),
                    '${3}', coalesce(id_3, '${3}')
                ),
                '${1}', resource_id
            ),
            ':rule/default/', ':rule/'
        ) as resource_arn
    from placed
)

select
    event_id,
    event_time,
    event_date,
    account_id,
    event_source,
    event_name,
    resource_arn,
    resource_type,
    case side when 'request' then 'template' else 'response' end as found_in,
    case
        when regexp_matches(resource_arn, '[*?]') and not starts_with(resource_type, 's3:')
            then 'partial'
        else confidence
    end as confidence
from built
where
    strpos(resource_arn, '${') = 0
    and regexp_matches(resource_arn, '^arn:[\w-]+:[\w-]+:[\w-]*:\w*:.')
