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
with

identifiers as (
    select * from resource_identifiers
    union all
    select * from resource_ids_mentioned
    union all
    select
        calls.* exclude (request, response),
        'request' as side,
        templates.resource_type,
        templates.arn_pattern,
        '' as resource_id,
        null as id_2,
        null as id_3,
        calls.account_id as owner_account_id,
        templates.confidence
    from resource_calls as calls
    inner join resource_templates as templates
        on
            calls.event_source = templates.event_source
            and calls.event_name = templates.event_name
    where templates.look = 'always'
),

built as (
    select
        *,
        replace(
            replace(
                replace(
                    replace(
                        replace(
                            replace(arn_pattern, '${Partition}', arn_partition),
                            '${Region}', region
                        ),
                        '${Account}', coalesce(owner_account_id, '${Account}')
                    ),
                    '${2}', coalesce(id_2, '${2}')
                ),
                '${3}', coalesce(id_3, '${3}')
            ),
            '${1}', resource_id
        ) as resource_arn
    from identifiers
)

select
    event_id,
    event_time,
    event_date,
    account_id,
    event_source,
    event_name,
    -- EventBridge leaves its default bus out of a rule's ARN
    replace(resource_arn, ':rule/default/', ':rule/') as resource_arn,
    resource_type,
    case side when 'request' then 'template' else 'response' end as found_in,
    case
        when confidence = 'certain' and regexp_matches(resource_arn, '[*?]')
            and not starts_with(resource_type, 's3:')
            then 'partial'
        else confidence
    end as confidence
from built
where strpos(resource_arn, '${') = 0
