/*
name: resource_values
grain: one row per row of resource_parameters that has a value which can be an identifier
description: The values themselves, and what else their ARNs need.
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
  raw_id: the value
  resource_type: the type of resource it names
  arn_pattern: the pattern of its ARN
  form: how it is read
  confidence: how sure the template is
  id_2: what else the ARN has
  id_3: what else the ARN has
  owner_account_id: the account that owns the resource, where a parameter says so
*/
with

read as (
    select
        *,
        coalesce(
            json_extract_string(element, '$.content'),
            case
                when path is null then json_extract_string(element, '$')
                else json_extract_string(element, path)
            end
        ) as raw_id,
        coalesce(json_extract_string(document, path_2), default_2) as raw_2,
        coalesce(json_extract_string(document, path_3), default_3) as raw_3,
        json_extract_string(document, account_path) as owner_account_id
    from resource_parameters
)

-- of another resource's ARN, the last name is taken: of a cluster's, the cluster's name
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
    raw_id,
    resource_type,
    arn_pattern,
    form,
    confidence,
    case
        when starts_with(raw_2, 'arn:') then regexp_extract(raw_2, '[^/:]*$')
        when form = 'scoped' and raw_2 = 'CLOUDFRONT' then 'global'
        when form = 'scoped' then lower(raw_2)
        else raw_2
    end as id_2,
    case
        when starts_with(raw_3, 'arn:') then regexp_extract(raw_3, '[^/:]*$')
        else raw_3
    end as id_3,
    owner_account_id
from read
where
    length(raw_id) between 1 and 2048
    and not starts_with(raw_id, '{')
    and not starts_with(raw_id, '[')
    and starts_with(raw_id, coalesce(begins, ''))
    and not coalesce(starts_with(raw_id, without), false)
    and (
        not regexp_matches(raw_id, '^(HIDDEN_DUE|<sensitive|\*+$|-$)')
        or strpos(arn_pattern, '${1}') = 0
    )
