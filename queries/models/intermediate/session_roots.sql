/*
name: session_roots
grain: one row per session and day on which it may be in use (session_id, event_date)
description: >
  Who is behind a session, for each day it can be used on. What reads it looks back two days in
  session_lineage.
materialize: view
checks:
  unique: [session_id, event_date]
  not_null: [session_id, event_date]
columns:
  event_date: a day on which the session may be used, two days after its first use at the latest
  session_id: the session
  root_principal_id: who is at the root of its chain
  root_principal_type: what kind of principal that is
  root_human: the human behind it; null, not known
  link: how the chain was found
  root_confidence: how sure the weakest link is
*/
with

-- the longest session lasts 36 hours, so it touches three days at most
days_after as (
    select 0 as n_days
    union all
    select 1 as n_days
    union all
    select 2 as n_days
),

roots as (
    select
        cast(lineage.event_date + days_after.n_days * interval '1' day as date) as event_date,
        lineage.session_id,
        lineage.root_principal_id,
        lineage.root_principal_type,
        lineage.root_human,
        lineage.link,
        lineage.confidence as root_confidence,
        lineage.event_date as first_date
    from session_lineage as lineage
    cross join days_after
)

select
    event_date,
    session_id,
    root_principal_id,
    root_principal_type,
    root_human,
    link,
    root_confidence
from roots
qualify row_number() over (partition by session_id, event_date order by first_date desc) = 1
