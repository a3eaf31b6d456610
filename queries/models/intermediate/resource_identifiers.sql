/*
name: resource_identifiers
grain: one row per row of resource_parameters that can be read
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

parameters as (
    select
        *,
        -- a secret's name that ends as its ARN does is taken for the ARN's own
        regexp_replace(raw_id, '^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:', '') as secret_name
    from resource_parameters
),

identified as (
    select
        * exclude (confidence),
        case form
            when 'arn' then case when starts_with(raw_id, 'arn:') then raw_id end
            when 'account' then regexp_extract(raw_id, '^\d{12}$')
            when 'lower' then lower(raw_id)
            when 'last' then regexp_extract(raw_id, '[^/]*$')
            when 'before_colon' then split_part(raw_id, ':', 1)
            when 'parameter' then split_part(ltrim(raw_id, '/'), ':', 1)
            when 'queue' then regexp_extract(raw_id, '^https?://[^/]+/\d{12}/([\w.-]+)$', 1)
            when 'function' then regexp_extract(
                raw_id,
                '^(?:arn:[\w-]+:lambda:[\w-]+:\d{12}:)?(?:\d{12}:)?(?:function:)?([\w-]+)(?::[\w$-]+)?$',
                1
            )
            when 'secret' then case
                when regexp_matches(secret_name, '-[A-Za-z0-9]{6}$') then secret_name
                else secret_name || '-??????'
            end
            when 'revision' then case
                when strpos(raw_id, ':') > 0 then raw_id
                else raw_id || ':*'
            end
            when 'iam' then case
                when regexp_matches(raw_id, '^(AWSServiceRoleFor|AWSReservedSSO_)')
                    then '*' || raw_id
                else raw_id
            end
            else raw_id
        end as resource_id,
        case
            when form = 'queue'
                then regexp_extract(raw_id, '^https?://[^/]+/(\d{12})/', 1)
            when form in ('function', 'secret')
                then nullif(regexp_extract(raw_id, '(?:^|:)(\d{12}):', 1), '')
            else owner_account_id
        end as named_account_id,
        case
            when form = 'secret' and not regexp_matches(secret_name, '-[A-Za-z0-9]{6}$')
                then 'partial'
            when form = 'revision' and strpos(raw_id, ':') = 0 then 'partial'
            else confidence
        end as confidence
    from parameters
    where
        not starts_with(raw_id, 'arn:')
        or form in ('arn', 'function', 'secret')
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
    case when form = 'scoped' and id_2 = 'CLOUDFRONT' then 'global' when form = 'scoped' then lower(id_2) else id_2 end as id_2,
    id_3,
    coalesce(named_account_id, account_id) as owner_account_id,
    confidence
from identified
where
    resource_id <> ''
    and regexp_matches(coalesce(named_account_id, '000000000000'), '^\d{12}$')
