/*
name: event_resources
grain: one row per event and ARN (event_id, account_id, resource_arn)
description: The resources that each call is about, how each was found and how sure that is.
materialize: daily
checks:
  unique: [event_id, account_id, resource_arn]
  not_null: [event_id, event_time, event_date, resource_arn, arn_partition, found_in, confidence]
  accepted:
    found_in: [resources, error_message, arn_parameter, template, response]
    confidence: [certain, likely, partial]
  rows:
    is_an_arn: regexp_matches(resource_arn, '^arn:[\w-]+:[\w-]+:')
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked, as a host name
  event_name: the API operation
  resource_arn: "the ARN; of a partial one, * or ?????? stands for what the event does not say"
  resource_type: "IAM prefix and AWS's name of the type, such as s3:bucket; null: none is documented"
  arn_partition: the ARN's partition, such as aws or aws-cn
  arn_service: the ARN's service
  arn_region: "its region; null: it has none"
  arn_account_id: "its account; null: it has none"
  resource_id: what follows in the ARN, such as instance/i-0123
  found_in: "resources (the service lists it), error_message (a denial names it), arn_parameter (it is in the request), template (its identifier is in the request), response (it or its identifier is in the response)"
  confidence: "certain; likely: found by a parameter's name or among others; partial: what the event lacks is a wildcard, or a path of IAM taken to be /"
*/
with

allowed as (
    select
        typed.* exclude (is_listed),
        case
            when ends_with(typed.resource_arn, '-??????') then 'partial'
            when typed.found_in = 'error_message' then 'certain'
            else 'likely'
        end as confidence
    from resource_arns_typed as typed
    where not typed.is_listed
),

calls as (
    select *
    from allowed
    where found_in = 'error_message'
    union all
    select allowed.*
    from allowed
    semi join resource_templates as templates
        on
            allowed.event_source = templates.event_source
            and allowed.event_name = templates.event_name
            and allowed.resource_type = templates.resource_type
            and (templates.side is null or allowed.found_in = 'response')
            and templates.look = 'arn'
    where allowed.found_in <> 'error_message'
    union all by name
    select * from resource_arns_built
),

ranked as (
    select
        event_id,
        account_id,
        resource_arn,
        min(event_time) as event_time,
        min(event_date) as event_date,
        min(event_source) as event_source,
        min(event_name) as event_name,
        min(resource_type) as resource_type,
        min(
            case found_in
                when 'error_message' then 0
                when 'arn_parameter' then 3
                when 'template' then 6
                else 9
            end
            + case confidence when 'certain' then 0 when 'likely' then 1 else 2 end
        ) as best
    from calls
    group by 1, 2, 3
),

-- what is only partly known gives way to a whole ARN of its type in the same event, and the alias
-- that stands for a key to the key
whole as (
    select *
    from ranked
    qualify
        best % 3 < 2
        or min(best % 3) over (
            partition by event_id, account_id, replace(resource_type, 'kms:alias', 'kms:key')
        ) = 2
),

found as (
    select
        * exclude (best),
        case best // 3
            when 0 then 'error_message'
            when 1 then 'arn_parameter'
            when 2 then 'template'
            else 'response'
        end as found_in,
        case best % 3 when 0 then 'certain' when 1 then 'likely' else 'partial' end as confidence
    from whole
    union all by name
    select
        * exclude (is_listed),
        'certain' as confidence
    from resource_arns_typed
    where is_listed
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
    split_part(resource_arn, ':', 2) as arn_partition,
    split_part(resource_arn, ':', 3) as arn_service,
    nullif(split_part(resource_arn, ':', 4), '') as arn_region,
    nullif(split_part(resource_arn, ':', 5), '') as arn_account_id,
    regexp_extract(resource_arn, '^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.*)$', 1, 's') as resource_id,
    found_in,
    confidence
from found
