/*
name: unusual-downloads
topic: S3 and data
grain: one row per day, principal and resource (event_date, principal_id, resource_arn)
description: Who read far more in a day than on its other days, or read much for the first time?
period: 30d
parameters:
  times: {kind: number, default: 5, meaning: How many times the usual number, example: 10}
  least: {kind: number, default: 50, meaning: Fewest reads of the day}
columns:
  usual: the median of its other days of the period; null, there is none
  times_usual: how many times that; null, it has no other day
  n_reads: calls of that day that succeeded and read data
  bytes_out: bytes that the service sent; null, never logged
examples:
  - --times 10 --least 100
*/
with

days as (
    select
        event_date,
        principal_id,
        resource_arn,
        max(account_name) as account_name,
        max(account_id) as account_id,
        cast(sum(n_reads) as bigint) as n_reads,
        cast(sum(bytes_out) as bigint) as bytes_out
    from data_access
    where event_date between $first_day and $last_day and n_reads > 0
    group by event_date, principal_id, resource_arn
),

others as (
    select
        days.event_date,
        days.principal_id,
        days.resource_arn,
        median(other.n_reads) as usual
    from days
    inner join days as other
        on
            days.principal_id = other.principal_id
            and days.resource_arn = other.resource_arn
            and days.event_date <> other.event_date
    where days.n_reads >= $least
    group by days.event_date, days.principal_id, days.resource_arn
)

select
    days.event_date,
    days.principal_id,
    days.resource_arn,
    days.n_reads,
    others.usual,
    round(days.n_reads / others.usual, 1) as times_usual,
    days.bytes_out,
    days.account_name,
    days.account_id
from days
left join others using (event_date, principal_id, resource_arn)
where
    days.n_reads >= $least
    and days.resource_arn is not null
    and (others.usual is null or days.n_reads > $times * others.usual)
order by days.event_date desc, days.n_reads desc, days.principal_id asc, days.resource_arn asc
