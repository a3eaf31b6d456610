/*
name: bucket-access
topic: S3 and data
grain: one row per principal (principal_id, resource_arn)
description: Who touched a bucket, table or function's data, and what did they do?
period: 30d
parameters:
  resource: {kind: resource, required: true, example: exports}
  account: {kind: account}
columns:
  n_calls: data events, failed ones too
  n_reads: calls that succeeded and read data
  n_writes: calls that succeeded and write data
  n_deletes: calls that succeeded and delete data
  n_denied: calls that were denied
  bytes_out: bytes that the service sent; null, never logged
  last_event_time: the last call
examples:
  - --resource exports
*/
select
    principal_id,
    cast(sum(n_calls) as bigint) as n_calls,
    cast(sum(n_reads) as bigint) as n_reads,
    cast(sum(n_writes) as bigint) as n_writes,
    cast(sum(n_deletes) as bigint) as n_deletes,
    cast(sum(n_denied) as bigint) as n_denied,
    cast(sum(bytes_out) as bigint) as bytes_out,
    max(last_event_time) as last_event_time,
    resource_arn
from data_access
where
    event_date between $first_day and $last_day
    and resource_arn in (select unnest($resource))
    and ($account is null or list_contains($account, account_id))
group by principal_id, resource_arn
order by n_calls desc, principal_id asc, resource_arn asc
