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
    select distinct *
    from logs
    where original_event_id is not null
),

-- few updates, many events: those are only looked through for the ids of these
named as (
    select logs.*
    from logs
    semi join updates on logs.event_id = updates.original_event_id
),

originals as (
    select distinct
        updates.event_id,
        updates.account_id,
        updates.event_date
    from updates
    inner join named
        on
            updates.original_event_id = named.event_id
            and updates.account_id is not distinct from named.account_id
    where
        named.event_date between updates.event_date - 1 and updates.event_date + 1
        and updates.event_id <> named.event_id
        -- two that name each other: the one with the smaller id stands
        and (
            named.original_event_id is distinct from updates.event_id
            or updates.event_id > named.event_id
        )
),

-- two versions of one event: the earlier stands, so each need only look at the one before it
versions as (
    select
        *,
        lag(event_date) over (
            partition by account_id, original_event_id
            order by event_time, event_id
        ) as previous_date
    from updates
)

select
    versions.event_id,
    versions.account_id,
    versions.event_time,
    versions.event_date,
    versions.original_event_id,
    originals.event_id is not null as has_original,
    originals.event_id is null
    and coalesce(versions.previous_date < versions.event_date - 1, true) as is_counted
from versions
left join originals
    on
        versions.event_id = originals.event_id
        and versions.account_id is not distinct from originals.account_id
        and versions.event_date = originals.event_date
