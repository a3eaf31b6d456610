/*
name: event_resources
grain: one row per event and ARN (event_date, event_id, account_id, resource_arn)
description: The resources that each call is about, how each was found and how sure that is.
materialize: daily
checks:
  unique: [event_date, event_id, account_id, resource_arn]
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
  resource_type: "IAM prefix and AWS's name of the type, such as s3:bucket; null: not documented"
  arn_partition: the ARN's partition, such as aws or aws-cn
  arn_service: the ARN's service
  arn_region: "its region; null: it has none"
  arn_account_id: "its account; null: it has none"
  resource_id: what follows in the ARN, such as instance/i-0123
  found_in: >
    resources (the service lists it), error_message (a denial names it), arn_parameter (it is in the
    request), template (its identifier is in the request), response (either is in the response)
  confidence: >
    certain; likely (told by a parameter's name, by an ARN's type, or by the one path that a user or
    role of that name had, on that day and the 90 before); partial (what the event lacks is a
    wildcard in it, or a path of IAM taken to be /)
*/
with

-- what is known in part gives way to a whole ARN of its type in the same event, and an alias that
-- stands for a key to the key
whole as (
    select *
    from resource_arns_sought
    qualify
        doubt < 2
        or min(doubt) over (
            partition by
                event_date, event_id, account_id,
                replace(resource_type, 'kms:alias', 'kms:key')
        ) = 2
),

found as (
    select
        event_id,
        event_time,
        event_date,
        account_id,
        event_source,
        event_name,
        resource_arn,
        resource_type,
        case place
            when 0 then 'error_message'
            when 1 then 'arn_parameter'
            when 2 then 'template'
            else 'response'
        end as found_in,
        case doubt when 0 then 'certain' when 1 then 'likely' else 'partial' end as confidence
    from whole
    union all
    select
        event_id,
        event_time,
        event_date,
        account_id,
        event_source,
        event_name,
        resource_arn,
        resource_type,
        found_in,
        case
            when found_in = 'error_message' and ends_with(resource_arn, '-??????') then 'partial'
            else 'certain'
        end as confidence
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
    -- objects are counted apart: what has an object's ARN is one, whatever parameter names it
    case
        when resource_arn like 'arn:%:s3:::%/%' then 's3:object' else resource_type
    end as resource_type,
    split_part(resource_arn, ':', 2) as arn_partition,
    split_part(resource_arn, ':', 3) as arn_service,
    nullif(split_part(resource_arn, ':', 4), '') as arn_region,
    nullif(split_part(resource_arn, ':', 5), '') as arn_account_id,
    regexp_extract(resource_arn, '^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.*)$', 1, 's') as resource_id,
    found_in,
    confidence
from found
