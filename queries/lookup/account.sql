/*
name: account
grain: one row per account that a value may stand for (found)
description: Accounts by id or name, best first; rank 9 is only near.
*/
with

known as (
    select
        account_id,
        max(account_name) as account_name,
        max(lower(account_name)) as lower_name
    from daily_activity
    where account_id is not null
    group by account_id
),

judged as (
    select
        account_id as found,
        coalesce(account_name, account_id) as called,
        case
            when account_id = $value or lower_name = lower($value) then 1
            when account_id like $pattern escape '\' then 2
            when lower_name like lower($pattern) escape '\' then 2
            else 9
        end as rank,
        jaro_winkler_similarity(coalesce(lower_name, account_id), lower($value)) as likeness
    from known
)

select
    found,
    rank,
    likeness,
    called
from judged
qualify rank = min(rank) over () and (rank < 9 or likeness > 0.7)
order by likeness desc, found asc
limit $most
