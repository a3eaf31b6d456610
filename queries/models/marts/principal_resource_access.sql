/*
name: principal_resource_access
grain: >
  one row per principal, resource, account whose trail has it, and day
  (principal_id, resource_arn, account_id, event_date)
description: The ledger of who touched what, by day, with what was read, written and moved.
materialize: daily
checks:
  unique: [principal_id, resource_arn, account_id, event_date]
  not_null: [principal_id, resource_arn, event_date, n_calls]
  rows:
    calls_add_up: n_reads + n_writes + n_unknown + n_errors = n_calls
    times_in_order: first_event_time <= last_event_time
  reconciles:
    all_resources_of_the_facts: >
      select (select coalesce(sum(n_calls), 0) from principal_resource_access)
      = (select count(*) from events
      inner join event_resources using (event_id, event_date)
      where is_counted
      and events.account_id is not distinct from event_resources.account_id)
columns:
  event_date: the UTC day
  principal_id: who
  principal_type: what kind of principal that is
  resource_arn: what
  resource_type: its type, as an IAM resource type
  account_id: the account whose trail has it
  account_name: its name, where known
  n_calls: calls that name the resource, failed ones too
  n_reads: calls that succeeded and only read
  n_writes: calls that succeeded and do not only read
  n_unknown: calls that succeeded, of which the event does not say it
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  bytes_in: bytes sent to the service by calls that succeeded; null, never logged
  bytes_out: bytes that the service sent; null, never logged
  event_names: the API operations
  first_event_time: the first call of the day
  last_event_time: the last call of the day
*/
with

calls as (
    select
        event_id,
        event_date,
        event_time,
        event_name,
        account_id,
        account_name,
        principal_id,
        principal_type,
        is_read_only,
        is_error,
        is_denied,
        try_cast(additional_event_data ->> '$.bytesTransferredIn' as double) as bytes_in,
        try_cast(additional_event_data ->> '$.bytesTransferredOut' as double) as bytes_out
    from events
    where is_counted
)

select
    calls.event_date,
    calls.principal_id,
    max(calls.principal_type) as principal_type,
    resources.resource_arn,
    max(resources.resource_type) as resource_type,
    calls.account_id,
    max(calls.account_name) as account_name,
    count(*) as n_calls,
    count(*) filter (where calls.is_read_only and not calls.is_error) as n_reads,
    count(*) filter (where not calls.is_read_only and not calls.is_error) as n_writes,
    count(*) filter (where calls.is_read_only is null and not calls.is_error) as n_unknown,
    count(*) filter (where calls.is_error) as n_errors,
    count(*) filter (where calls.is_denied) as n_denied,
    -- what no call can have moved is not known; nor is a sum beyond a BIGINT
    try_cast(
        sum(try_cast(calls.bytes_in as bigint))
        filter (where not calls.is_error and calls.bytes_in between 0 and 9e15) as bigint
    ) as bytes_in,
    try_cast(
        sum(try_cast(calls.bytes_out as bigint))
        filter (where not calls.is_error and calls.bytes_out between 0 and 9e15) as bigint
    ) as bytes_out,
    list_sort(array_agg(distinct calls.event_name)) as event_names,
    min(calls.event_time) as first_event_time,
    max(calls.event_time) as last_event_time
from calls
inner join event_resources as resources
    on
        calls.event_date = resources.event_date
        and calls.event_id = resources.event_id
        and calls.account_id is not distinct from resources.account_id
group by calls.event_date, calls.principal_id, resources.resource_arn, calls.account_id
