/*
name: resource
grain: one row per resource that a value may stand for (found)
description: >
  Resources by ARN, id or name, best first; an object by its bucket; rank 9 is only near.
*/
with

known as (
    select
        resource_arn,
        lower(resource_arn) as lower_arn,
        lower(regexp_extract(resource_arn, '[^/:]+$')) as lower_name
    from resource_audit
),

objects as (
    select resource_arn || substr($value, strpos($value, '/')) as resource_arn
    from resource_audit
    where
        $pattern is null
        and strpos($value, '/') > 0
        and resource_arn like 'arn:%:s3:::%'
        and split_part($value, '/', 1) in (
            resource_arn, regexp_extract(resource_arn, '[^:]+$')
        )
),

judged as (
    select
        resource_arn as found,
        case
            when resource_arn = $value then 1
            when lower_arn like lower($pattern) escape '\' then 2
            when lower_arn like '%:' || lower($pattern) escape '\' then 2
            when lower_arn like '%/' || lower($pattern) escape '\' then 2
            when ends_with(lower_arn, '/' || lower($value)) then 2
            when ends_with(lower_arn, ':' || lower($value)) then 2
            else 9
        end as rank,
        jaro_winkler_similarity(lower_name, lower($value)) as likeness
    from known
    union all
    select
        resource_arn as found,
        3 as rank,
        1 as likeness
    from objects
)

select
    found,
    rank,
    likeness
from judged
qualify rank = min(rank) over () and (rank < 9 or likeness > 0.85)
order by likeness desc, found asc
limit $most
