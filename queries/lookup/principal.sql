/*
name: principal
grain: one row per principal that a value may stand for (found)
description: >
  Principals by ARN, name, end of an ARN, access key or person, best first; rank 9 is only near.
*/
with

known as (
    select
        principal_id,
        lower(principal_id) as lower_id,
        lower(coalesce(principal_name, regexp_extract(principal_id, '[^/:]+$'))) as lower_name,
        regexp_extract(lower(principal_name), '^awsreservedsso_(.+)_[0-9a-f]{16}$', 1)
            as permission_set,
        access_keys
    from principal_audit
),

people as (
    select distinct principal_id
    from identities
    where lower(human) = lower($value) or lower(human) like lower($pattern) escape '\'
),

judged as (
    select
        principal_id as found,
        case
            when principal_id = $value then 1
            when lower_id like lower($pattern) escape '\' then 2
            when lower_name like lower($pattern) escape '\' then 2
            when lower_id like '%/' || lower($pattern) escape '\' then 2
            when lower_name = lower($value) then 2
            when ends_with(lower_id, '/' || lower($value)) then 2
            when ends_with(lower_id, ':' || lower($value)) then 2
            when permission_set = lower($value) then 2
            when permission_set like lower($pattern) escape '\' then 2
            when
                regexp_extract($value, ':assumed-role/([^/]+)', 1) = regexp_extract(
                    principal_id, ':role/(?:.*/)?([^/]+)$', 1
                )
                and split_part($value, ':', 5) = split_part(principal_id, ':', 5)
                and principal_id like '%:role/%'
                then 2
            when list_contains(access_keys, $value) then 2
            when principal_id in (select people.principal_id from people) then 3
            else 9
        end as rank,
        jaro_winkler_similarity(lower_name, lower($value)) as likeness
    from known
)

select
    found,
    rank,
    likeness
from judged
qualify rank = min(rank) over () and (rank < 9 or likeness > 0.8)
order by likeness desc, found asc
limit $most
