/*
name: new-addresses
topic: source addresses and programs
grain: one row per principal and address (principal_id, source_ip)
description: Which addresses did principals come from that were active before, for the first time?
period: 7d
parameters:
  principal: {kind: principal}
columns:
  source_ip: the address
  first_day: the first day it came from there
  n_before: addresses it had come from before the period
  days_before: days it was active before the period
  is_only_new: whether it came from new addresses only, since the period began
examples:
  - --since 1d
*/
with

uses as (
    select
        principal_id,
        event_date,
        unnest(source_ips) as source_ip
    from sessions
    where event_date <= $last_day
    union all
    select
        principal_id,
        event_date,
        unnest(source_ips) as source_ip
    from key_days
    where event_date <= $last_day
),

addresses as (
    select
        principal_id,
        source_ip,
        min(event_date) as first_day,
        max(event_date) as last_day
    from uses
    where $principal is null or list_contains($principal, principal_id)
    group by principal_id, source_ip
),

known as (
    select
        principal_id,
        count(distinct event_date) as days_before
    from uses
    where event_date < $first_day
    group by principal_id
),

compared as (
    select
        *,
        count(*) filter (where first_day < $first_day) over (partition by principal_id)
            as n_before,
        bool_and(first_day >= $first_day or last_day < $first_day) over (
            partition by principal_id
        ) as is_only_new
    from addresses
)

select
    compared.first_day,
    compared.principal_id,
    compared.source_ip,
    compared.n_before,
    known.days_before,
    compared.is_only_new
from compared
inner join known using (principal_id)
where compared.first_day >= $first_day
order by
    compared.n_before asc, compared.first_day desc, compared.principal_id asc,
    compared.source_ip asc
