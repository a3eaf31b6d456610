/*
name: principal-events
grain: one row per event (event_id, event_time)
description: The newest events of a principal, or of sessions that lead back to it.
*/
select
    event_id,
    event_time
from event_actors
where
    event_time >= $since
    and event_time < $until
    and (list_contains($principal, principal_id) or list_contains($principal, root_principal_id))
    and ($account is null or list_contains($account, account_id))
    and ($action is null or event_name like $action escape '\')
order by event_time desc, event_id asc
limit $limit
