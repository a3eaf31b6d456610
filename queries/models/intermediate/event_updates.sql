/*
name: event_updates
grain: one row per UPDATED_DATA event (event_date, event_id, account_id)
description: New versions of events, each tied to the event it replaces, and which of them count.
materialize: daily
lookback: 1 day
lookahead: 1 day
checks:
  unique: [event_date, event_id, account_id]
  not_null: [event_id, event_date, has_original, is_counted]
columns:
  event_id: the new version's id
  account_id: the account whose trail has both
  event_time: when it happened
  event_date: its UTC day
  original_event_id: the event that it replaces
  has_original: whether that one is there, within a day
  is_counted: true for the first version of an event whose original is not there; else false
*/
with

logs as (
    select
        event_id,
        account_id,
        event_time,
        event_date,
        original_event_id
    from caller_logs
),

updates as (
    select *
    from logs
    where original_event_id is not null
),

-- few updates, many events: those are only looked through for the ids of these
others as (
    select logs.*
    from logs
    semi join updates on logs.event_id = updates.original_event_id
    union all
    select *
    from updates
)

select
    updates.event_id,
    updates.account_id,
    updates.event_time,
    updates.event_date,
    updates.original_event_id,
    coalesce(bool_or(others.event_id = updates.original_event_id), false) as has_original,
    count(others.event_id) = 0 as is_counted
from updates
left join others
    on
        updates.account_id is not distinct from others.account_id
        and others.event_date between updates.event_date - 1 and updates.event_date + 1
        and updates.event_id <> others.event_id
        and (
            -- two that name each other: the one with the smaller id stands
            (
                updates.original_event_id = others.event_id
                and (
                    others.original_event_id is distinct from updates.event_id
                    or updates.event_id > others.event_id
                )
            )
            -- two versions of one event: the earlier stands
            or (
                updates.original_event_id = others.original_event_id
                and row(others.event_time, others.event_id)
                < row(updates.event_time, updates.event_id)
            )
        )
group by 1, 2, 3, 4, 5
