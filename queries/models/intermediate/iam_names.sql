/*
name: iam_names
grain: one row per day and ARN without its path (event_date, short_arn)
description: >
  The one path that a user, role or the like is known to have on a day, from that day and the 90
  before it. A name that had two paths meanwhile is left out.
materialize: daily
lookback: {iam_names_seen: 90 days}
checks:
  unique: [event_date, short_arn]
  not_null: [event_date, short_arn, resource_arn]
columns:
  event_date: the UTC day
  short_arn: the ARN as it would be if the path were /
  resource_arn: the ARN with its path
*/
with

days as (
    select distinct event_date
    from caller_logs
)

select
    days.event_date,
    seen.short_arn,
    min(seen.resource_arn) as resource_arn
from days
inner join iam_names_seen as seen
    on seen.event_date between days.event_date - 90 and days.event_date
group by days.event_date, seen.short_arn
having min(seen.resource_arn) = max(seen.resource_arn)
