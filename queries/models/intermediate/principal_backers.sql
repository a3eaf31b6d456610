/*
name: principal_backers
grain: one row per principal and day on which a session of it began (principal_id, event_date)
description: Who was really behind the sessions of a principal, by day.
materialize: view
columns:
  event_date: the UTC day
  principal_id: the principal
  used_by: who was behind its sessions, other principals only; null, nobody else or not known
  humans: the humans behind its sessions; null, not known
*/
select
    event_date,
    principal_id,
    list_sort(
        array_agg(distinct root_principal_id)
        filter (where root_principal_id <> principal_id)
    ) as used_by,
    list_sort(array_agg(distinct root_human) filter (where root_human is not null)) as humans
from session_lineage
group by event_date, principal_id
