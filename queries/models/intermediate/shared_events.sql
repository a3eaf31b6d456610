/*
name: shared_events
grain: one row per cross-account call and day (shared_event_id, event_date)
description: The sides of a cross-account call, and who made it as the side that knows best says.
materialize: daily
lookback: 1 day
lookahead: 1 day
checks:
  unique: [shared_event_id, event_date]
  not_null: [shared_event_id, event_date, event_ids, principal_id]
columns:
  shared_event_id: what AWS writes on both sides
  event_date: the UTC day; a call whose sides fall on two days has a row on each
  event_ids: the events of its sides, those of the day before and after included
  account_ids: the accounts of these
  n_sides: how many these are; where the other account's trail is not there, there is no row
  first_event_time: when the first of them happened
  principal_id: who called, from the side that names more than an account
  principal_type: the kind of that principal
  principal_name: what people call it
  principal_account_id: its account
  session_id: its session
  principal_event_id: the event of that side
*/
with

-- from most to least: who exactly, which account, not known
sides as (
    select
        shared_event_id,
        event_date,
        event_id,
        account_id,
        event_time,
        principal_id,
        principal_type,
        principal_name,
        principal_account_id,
        session_id,
        case
            when principal_type = 'unknown' then 3
            when principal_type in ('account', 'anonymous') then 2
            else 1
        end as vagueness
    from events
    where
        shared_event_id is not null
        and is_counted
        and event_category is distinct from 'Insight'
),

days as (
    select distinct
        shared_event_id,
        event_date
    from sides
),

ranked as (
    select
        days.event_date as day,
        sides.*,
        row_number() over (
            partition by days.shared_event_id, days.event_date
            order by
                sides.vagueness, sides.event_time, sides.event_id, coalesce(sides.account_id, '')
        ) as place
    from days
    inner join sides
        on
            days.shared_event_id = sides.shared_event_id
            and sides.event_date between days.event_date - 1 and days.event_date + 1
)

select
    shared_event_id,
    day as event_date,
    list_sort(array_agg(distinct event_id)) as event_ids,
    list_sort(array_agg(distinct account_id) filter (where account_id is not null)) as account_ids,
    count(*) as n_sides,
    min(event_time) as first_event_time,
    min(principal_id) filter (where place = 1) as principal_id,
    min(principal_type) filter (where place = 1) as principal_type,
    min(principal_name) filter (where place = 1) as principal_name,
    min(principal_account_id) filter (where place = 1) as principal_account_id,
    min(session_id) filter (where place = 1) as session_id,
    min(event_id) filter (where place = 1) as principal_event_id
from ranked
group by 1, 2
having count(*) > 1
