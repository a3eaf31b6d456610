/*
name: key
grain: one row per long-term access key that a value may stand for (found)
description: Access keys by their id or its end, best first; rank 9 is only near.
*/
with

known as (
    select access_key_id
    from key_days
    union
    select access_key_id
    from key_births
),

judged as (
    select
        access_key_id as found,
        case
            when access_key_id = upper($value) then 1
            when access_key_id like upper($pattern) escape '\' then 2
            when length($value) >= 4 and ends_with(access_key_id, upper($value)) then 2
            else 9
        end as rank,
        jaro_winkler_similarity(access_key_id, upper($value)) as likeness
    from known
    where access_key_id is not null
)

select
    found,
    rank,
    likeness
from judged
qualify rank = min(rank) over () and (rank < 9 or likeness > 0.8)
order by likeness desc, found asc
limit $most
