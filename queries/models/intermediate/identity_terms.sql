/*
name: identity_terms
grain: one row per listed principal and span of days (principal_id, first_date)
description: >
  Who a principal of identities stands for, in spans that do not overlap: an event meets one at
  most.
materialize: view
checks:
  unique: [principal_id, first_date]
  not_null: [principal_id, first_date, last_date]
columns:
  principal_id: as identities has it
  first_date: the first day of the span
  last_date: its last day
  human: who that is; null, identities names several at once
*/
with

lines as (
    select
        principal_id,
        human,
        coalesce(joined_date, date '0001-01-01') as first_date,
        coalesce(left_date, date '9999-12-31') as last_date
    from identities
),

starts as (
    select
        principal_id,
        first_date
    from lines
    union
    select
        principal_id,
        cast(last_date + interval '1' day as date) as first_date
    from lines
    where last_date < date '9999-12-31'
),

spans as (
    select
        principal_id,
        first_date,
        coalesce(
            cast(
                lead(first_date) over (partition by principal_id order by first_date)
                - interval '1' day as date
            ),
            date '9999-12-31'
        ) as last_date
    from starts
)

select
    spans.principal_id,
    spans.first_date,
    spans.last_date,
    case when min(lines.human) = max(lines.human) then min(lines.human) end as human
from spans
inner join lines
    on
        spans.principal_id = lines.principal_id
        and spans.first_date >= lines.first_date
        and spans.last_date <= lines.last_date
group by spans.principal_id, spans.first_date, spans.last_date
