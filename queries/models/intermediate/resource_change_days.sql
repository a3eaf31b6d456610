/*
name: resource_change_days
grain: one row per resource and day on which it was changed (resource_arn, event_date)
description: The changes of a day, by resource, S3 objects aside.
materialize: view
columns:
  event_date: the UTC day
  resource_arn: the resource
  created_time: when it was made; null, not on this day
  created_by: the principal that made it
  created_by_root: who was really behind that
  created_by_human: the human behind that
  last_changed_time: the last change of the day
  last_changed_by: the principal that made it
  last_changed_by_root: who was really behind that
  last_changed_by_human: the human behind that
  n_changes: changes
  changed_by: principals that made them
*/
with

-- what is not known of the last change is null, and not taken from the one before
counted as (
    select
        *,
        row_number() over (
            partition by resource_arn, event_date
            order by event_time desc, event_id desc, account_id desc
        ) as from_last,
        row_number() over (
            partition by resource_arn, event_date, is_created
            order by event_time, event_id, account_id
        ) as from_first
    from resource_history
    where resource_type is distinct from 's3:object'
)

select
    event_date,
    resource_arn,
    min(event_time) filter (where is_created) as created_time,
    max(principal_id) filter (where is_created and from_first = 1) as created_by,
    max(root_principal_id) filter (where is_created and from_first = 1) as created_by_root,
    max(root_human) filter (where is_created and from_first = 1) as created_by_human,
    max(event_time) as last_changed_time,
    max(principal_id) filter (where from_last = 1) as last_changed_by,
    max(root_principal_id) filter (where from_last = 1) as last_changed_by_root,
    max(root_human) filter (where from_last = 1) as last_changed_by_human,
    count(*) as n_changes,
    list_sort(array_agg(distinct principal_id)) as changed_by
from counted
group by event_date, resource_arn
