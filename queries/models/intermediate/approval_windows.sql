/*
name: approval_windows
grain: one row per principal with approvals (principal_id)
description: The tickets of each principal with their times, in one list, so that no event doubles.
materialize: view
checks:
  unique: [principal_id]
  not_null: [principal_id, windows]
columns:
  principal_id: who was allowed, as approvals has it
  windows: tickets, each with the time for which it holds
*/
select
    principal_id,
    array_agg(
        cast(
            row(ticket, starts_at, ends_at)
            as struct(ticket varchar, starts_at timestamptz, ends_at timestamptz)
        )
    ) as windows
from approvals
group by principal_id
