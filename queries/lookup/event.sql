/*
name: event
grain: one row per event and day that a value may stand for (found, found_day)
description: Events by their id or the beginning of it.
*/
select
    event_id as found,
    case when event_id = $value then 1 else 2 end as rank,
    1 as likeness,
    event_date as found_day
from typed_logs
where
    length($value) >= 4
    and (starts_with(event_id, $value) or event_id like $pattern escape '\')
qualify rank = min(rank) over ()
order by found asc, found_day asc
limit $most
