/*
name: downloads
topic: S3 and data
grain: one row per principal and resource (principal_id, resource_arn)
description: Who read how much from which bucket or table?
period: 7d
parameters:
  resource: {kind: resource, example: exports}
  principal: {kind: principal}
  account: {kind: account}
  limit: {kind: number, default: 100, meaning: 'Most rows to show; 0, all'}
columns:
  n_reads: calls that succeeded and read data
  n_objects: distinct objects named on the busiest day; null, none named
  bytes_out: bytes that the service sent; null, never logged
  first_event_time: the first call of the days
  last_event_time: the last
examples:
  - --resource exports --since 30d
  - --principal anna
*/
select
    principal_id,
    resource_arn,
    cast(sum(n_reads) as bigint) as n_reads,
    cast(sum(bytes_out) as bigint) as bytes_out,
    max(n_objects) as n_objects,
    min(first_event_time) as first_event_time,
    max(last_event_time) as last_event_time,
    max(account_name) as account_name,
    max(account_id) as account_id
from data_access
where
    event_date between $first_day and $last_day
    and n_reads > 0
    and ($resource is null or list_contains($resource, resource_arn))
    and ($principal is null or list_contains($principal, principal_id))
    and ($account is null or list_contains($account, account_id))
group by principal_id, resource_arn
order by bytes_out desc nulls last, n_reads desc, principal_id asc, resource_arn asc
limit $limit
