/*
name: resource_identifiers
grain: one row per row of resource_values that can be read
description: >
  Identifiers as their ARN has them, read from values in the forms that calls take: a function by
  name, by name and version or by ARN, a queue by address, a parameter with its version.
materialize: view
columns:
  event_id: the event
  event_time: when it happened
  event_date: its UTC day
  account_id: the account whose trail has it
  event_source: the service that was asked
  event_name: the API operation
  region: the region that was asked
  arn_partition: the partition the region is in
  side: "where the value is: request or response"
  resource_type: the type of resource it names
  arn_pattern: the pattern of its ARN
  resource_id: the identifier
  id_2: what else the ARN has
  id_3: what else the ARN has
  owner_account_id: the account that owns the resource
  confidence: certain, likely or partial
*/
with

identified as (
    select
        *,
        case form
            when 'arn' then raw_id
            when 'account' then regexp_extract(raw_id, '^\d{12}$')
            when 'lower' then lower(raw_id)
            when 'last' then regexp_extract(raw_id, '[^/]*$')
            when 'before_colon' then split_part(raw_id, ':', 1)
            when 'parameter' then split_part(ltrim(raw_id, '/'), ':', 1)
            when 'queue' then regexp_extract(raw_id, '^https?://[^/]+/\d{12}/([\w.-]+)$', 1)
            when 'function'
                then regexp_extract(
                    raw_id,
                    '^(?:arn:[\w-]+:lambda:[\w-]+:\d{12}:)?(?:\d{12}:)?(?:function:)?'
                    || '([\w-]+)(?::[\w$-]+)?$',
                    1
                )
            when 'secret' then raw_id || '-??????'
            when 'revision' then raw_id || case when strpos(raw_id, ':') > 0 then '' else ':*' end
            when 'iam'
                then regexp_replace(raw_id, '^(AWSServiceRoleFor|AWSReservedSSO_)', '*\1')
            else raw_id
        end as resource_id,
        case form
            when 'queue' then regexp_extract(raw_id, '^https?://[^/]+/(\d{12})/', 1)
            when 'function' then nullif(regexp_extract(raw_id, '(?:^|:)(\d{12}):', 1), '')
            else owner_account_id
        end as named_account_id
    from resource_values
    where
        case
            when form = 'arn' then starts_with(raw_id, 'arn:')
            when form = 'function' then true
            else not starts_with(raw_id, 'arn:')
        end
)

select
    event_id,
    event_time,
    event_date,
    account_id,
    event_source,
    event_name,
    region,
    arn_partition,
    side,
    resource_type,
    case when form = 'arn' then '${1}' else arn_pattern end as arn_pattern,
    resource_id,
    id_2,
    id_3,
    coalesce(named_account_id, account_id) as owner_account_id,
    confidence
from identified
where
    resource_id <> ''
    and coalesce(regexp_matches(named_account_id, '^\d{12}$'), true)
