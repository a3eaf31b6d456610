/*
name: resource_audit
grain: one row per resource (resource_arn)
description: >
  Who made, changed, touched and exposed each resource, over all time. S3 objects are told of under
  their bucket.
materialize: rollup
key: [resource_arn]
merge:
  resource_type: max
  resource_account_id: max
  resource_region: max
  created_time: min
  created_by: earliest(created_time)
  created_by_root: earliest(created_time, nulls)
  created_by_human: earliest(created_time, nulls)
  last_changed_time: max
  last_changed_by: latest(last_changed_time)
  last_changed_by_root: latest(last_changed_time, nulls)
  last_changed_by_human: latest(last_changed_time, nulls)
  n_changes: sum
  changed_by: union(1000)
  first_event_time: min
  last_event_time: max
  last_touched_by: latest(last_event_time)
  n_calls: sum
  n_reads: sum
  n_writes: sum
  n_errors: sum
  n_denied: sum
  accessed_by: union(1000)
  regions: union(1000)
  is_list_cut: cut(changed_by, accessed_by, regions)
  n_exposure_changes: sum
  last_exposure_time: max
  last_exposure: latest(last_exposure_time)
  last_exposed_by: latest(last_exposure_time)
  account_name: max
checks:
  unique: [resource_arn]
  not_null: [resource_arn, n_calls, n_changes, first_event_time, last_event_time]
  rows:
    parts_are_within_the_whole: >
      n_denied <= n_errors and n_errors <= n_calls and n_reads + n_writes <= n_calls
    times_in_order: first_event_time <= last_event_time
    changes_have_a_time: (n_changes > 0) = (last_changed_time is not null)
  reconciles:
    all_resources_of_the_facts: >
      select (select coalesce(sum(n_calls), 0) from resource_audit)
      = (select coalesce(sum(n_calls), 0) from principal_resource_access
      where resource_type is distinct from 's3:object')
    all_changes_of_the_history: >
      select (select coalesce(sum(n_changes), 0) from resource_audit)
      = (select count(*) from resource_history where resource_type is distinct from 's3:object')
columns:
  resource_arn: the resource
  resource_type: its type, as an IAM resource type
  resource_account_id: the account in its ARN; null, the ARN names none, as of buckets
  resource_region: the region in its ARN; null, the ARN names none, as of buckets
  created_time: when it was made; null, not seen
  created_by: the principal that made it
  created_by_root: who was really behind that; null, unknown
  created_by_human: the human behind that; null, not known
  last_changed_time: the last call that succeeded, does not only read, and names it
  last_changed_by: the principal that made that call
  last_changed_by_root: who was really behind that; null, unknown
  last_changed_by_human: the human behind that; null, not known
  n_changes: such calls
  changed_by: principals that made them
  first_event_time: the first call that names it
  last_event_time: the last call that names it, a reading or a failed one too
  last_touched_by: the principal that made that call
  n_calls: calls that name it
  n_reads: calls that only read, failed ones too
  n_writes: calls that do not only read, failed ones too
  n_errors: calls that failed, denied ones among them
  n_denied: calls that were denied
  accessed_by: principals that made calls that succeeded
  regions: regions in which it was called for
  is_list_cut: whether a list has lost values; each keeps the first 1,000 in their order
  n_exposure_changes: calls that opened it to others, or closed it
  last_exposure_time: the last of them
  last_exposure: what it did
  last_exposed_by: the principal that made it
  account_name: the name of the account in its ARN, where known
*/
with

used as (
    select
        event_date,
        resource_arn,
        max(resource_type) as resource_type,
        max(resource_account_id) as resource_account_id,
        max(resource_region) as resource_region,
        min(event_time) as first_event_time,
        max(event_time) as last_event_time,
        arg_max(principal_id, row(event_time, principal_id)) as last_touched_by,
        count(*) as n_calls,
        count(*) filter (where is_read_only) as n_reads,
        count(*) filter (where not is_read_only) as n_writes,
        count(*) filter (where is_error) as n_errors,
        count(*) filter (where is_denied) as n_denied,
        list_sort(array_agg(distinct principal_id) filter (where not is_error)) as accessed_by,
        list_sort(array_agg(distinct region) filter (where region is not null)) as regions
    from resource_uses
    group by event_date, resource_arn
),

names as (
    select
        account_id,
        min(account_name) as account_name
    from accounts
    group by account_id
)

select
    used.event_date,
    used.resource_arn,
    used.resource_type,
    used.resource_account_id,
    used.resource_region,
    changed.created_time,
    changed.created_by,
    changed.created_by_root,
    changed.created_by_human,
    changed.last_changed_time,
    changed.last_changed_by,
    changed.last_changed_by_root,
    changed.last_changed_by_human,
    coalesce(changed.n_changes, 0) as n_changes,
    changed.changed_by,
    used.first_event_time,
    used.last_event_time,
    used.last_touched_by,
    used.n_calls,
    used.n_reads,
    used.n_writes,
    used.n_errors,
    used.n_denied,
    used.accessed_by,
    used.regions,
    false as is_list_cut,
    coalesce(exposed.n_exposure_changes, 0) as n_exposure_changes,
    exposed.last_exposure_time,
    exposed.last_exposure,
    exposed.last_exposed_by,
    names.account_name
from used
left join resource_change_days as changed
    on
        used.event_date = changed.event_date
        and used.resource_arn = changed.resource_arn
left join resource_exposure_days as exposed
    on
        used.event_date = exposed.event_date
        and used.resource_arn = exposed.resource_arn
left join names on used.resource_account_id = names.account_id
