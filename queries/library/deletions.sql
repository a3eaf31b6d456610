/*
name: deletions
topic: S3 and data
grain: one row per principal and resource (principal_id, resource_arn)
description: Who deleted data, from which bucket or table, and how much?
period: 30d
parameters:
  resource: {kind: resource, example: backups}
  principal: {kind: principal}
columns:
  n_deletes: calls that succeeded and delete data
  n_objects: distinct objects named on the busiest day, read ones too; null, none named
  first_event_time: the first call of the days
  last_event_time: the last
  event_names: the API operations
examples:
  - --resource backups
*/
select
    principal_id,
    resource_arn,
    cast(sum(n_deletes) as bigint) as n_deletes,
    max(n_objects) as n_objects,
    min(first_event_time) as first_event_time,
    max(last_event_time) as last_event_time,
    list_distinct(flatten(array_agg(event_names))) as event_names,
    max(account_name) as account_name,
    max(account_id) as account_id
from data_access
where
    event_date between $first_day and $last_day
    and n_deletes > 0
    and ($resource is null or list_contains($resource, resource_arn))
    and ($principal is null or list_contains($principal, principal_id))
group by principal_id, resource_arn
order by n_deletes desc, principal_id asc, resource_arn asc
