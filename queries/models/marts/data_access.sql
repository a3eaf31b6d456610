/*
name: data_access
grain: >
  one row per day, principal, resource and account whose trail has it
  (event_date, principal_id, resource_arn, account_id)
description: Data events by bucket, table, function or other resource, and principal.
materialize: daily
checks:
  unique: [event_date, principal_id, resource_arn, account_id]
  not_null: [event_date, principal_id, n_calls]
  rows:
    calls_add_up: >
      n_reads + n_lists + n_writes + n_deletes + n_invocations + n_unknown + n_errors = n_calls
  reconciles:
    no_data_event_is_missing: >
      select (select coalesce(sum(n_calls), 0) from data_access)
      >= (select count(*) from events where is_counted and event_category = 'Data')
    data_events_without_a_resource: >
      select (select coalesce(sum(n_calls), 0) from data_access where resource_arn is null)
      = (select count(*) from (
      select event_id, event_date, coalesce(account_id, '') as account from events
      where is_counted and event_category = 'Data') as called
      anti join (
      select event_id, event_date, coalesce(account_id, '') as account from event_resources
      where resource_type is distinct from 's3:object') as found
      using (event_id, event_date, account))
columns:
  event_date: the UTC day
  principal_id: who
  principal_type: what kind of principal that is
  resource_arn: >
    the bucket, table, function or other resource, objects under their bucket; null, the event
    names none
  resource_type: its type, as an IAM resource type
  account_id: the account whose trail has it
  account_name: its name, where known
  n_calls: data events, failed ones too; one that names two tables counts for both
  n_reads: calls that succeeded and read data
  n_lists: calls that succeeded and list what there is
  n_writes: calls that succeeded and write data
  n_deletes: calls that succeeded and delete data
  n_invocations: calls that succeeded and run a function
  n_unknown: calls that succeeded, of which neither the operation nor the event says it
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  bytes_in: bytes sent to the service by calls that succeeded; null, never logged
  bytes_out: bytes that the service sent; null, never logged
  n_objects: distinct objects named, of a bucket; null, none named
  event_names: the API operations
  first_event_time: the first call of the day
  last_event_time: the last call of the day
*/
with

kinds as (
    select
        event_source,
        event_name,
        change
    from change_kinds
    where area = 'data'
),

calls as (
    select
        events.*,
        coalesce(
            kinds.change,
            case
                when events.access_level = 'list' then 'list'
                when events.is_read_only then 'read'
                when not events.is_read_only then 'write'
            end,
            'unknown'
        ) as did,
        try_cast(events.additional_event_data ->> '$.bytesTransferredIn' as double) as n_in,
        try_cast(events.additional_event_data ->> '$.bytesTransferredOut' as double) as n_out,
        events.request_parameters ->> '$.key' as object_key
    from events
    left join kinds
        on
            events.event_source = kinds.event_source
            and events.event_name = kinds.event_name
    where
        events.is_counted
        and events.event_category = 'Data'
),

resources as (
    select
        event_id,
        event_date,
        account_id,
        resource_arn,
        resource_type
    from event_resources
    where resource_type is distinct from 's3:object'
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
    count(*) filter (where calls.did = 'read' and not calls.is_error) as n_reads,
    count(*) filter (where calls.did = 'list' and not calls.is_error) as n_lists,
    count(*) filter (where calls.did = 'write' and not calls.is_error) as n_writes,
    count(*) filter (where calls.did = 'delete' and not calls.is_error) as n_deletes,
    count(*) filter (where calls.did = 'invoke' and not calls.is_error) as n_invocations,
    count(*) filter (where calls.did = 'unknown' and not calls.is_error) as n_unknown,
    count(*) filter (where calls.is_error) as n_errors,
    count(*) filter (where calls.is_denied) as n_denied,
    -- what no call can have moved is not known; nor is a sum beyond a BIGINT
    try_cast(
        sum(try_cast(calls.n_in as bigint))
        filter (where not calls.is_error and calls.n_in between 0 and 9e15) as bigint
    ) as bytes_in,
    try_cast(
        sum(try_cast(calls.n_out as bigint))
        filter (where not calls.is_error and calls.n_out between 0 and 9e15) as bigint
    ) as bytes_out,
    nullif(count(distinct calls.object_key), 0) as n_objects,
    list_sort(array_agg(distinct calls.event_name)) as event_names,
    min(calls.event_time) as first_event_time,
    max(calls.event_time) as last_event_time
from calls
left join resources
    on
        calls.event_date = resources.event_date
        and calls.event_id = resources.event_id
        and calls.account_id is not distinct from resources.account_id
group by calls.event_date, calls.principal_id, resources.resource_arn, calls.account_id
