/*
name: resource_exposure_days
grain: one row per resource and day on which it was opened or closed (resource_arn, event_date)
description: The exposure changes of a day, by resource.
materialize: view
columns:
  event_date: the UTC day
  resource_arn: the resource
  n_exposure_changes: calls that opened it to others, or closed it
  last_exposure_time: the last of them
  last_exposure: what it did
  last_exposed_by: the principal that made it
*/
select
    event_date,
    target_arn as resource_arn,
    count(*) as n_exposure_changes,
    max(event_time) as last_exposure_time,
    arg_max(reason, row(event_time, event_id)) as last_exposure,
    arg_max(principal_id, row(event_time, event_id)) as last_exposed_by
from exposure_changes
where target_arn is not null
group by event_date, target_arn
