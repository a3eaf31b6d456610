/*
name: key_births
grain: one row per access key whose making was seen (access_key_id)
description: Who made each long-term access key, and when.
materialize: rollup
key: [access_key_id]
merge:
  created_time: min
  created_for: earliest(created_time, nulls)
  created_by: earliest(created_time)
  created_by_root: earliest(created_time, nulls)
  created_by_human: earliest(created_time, nulls)
checks:
  unique: [access_key_id]
  not_null: [access_key_id, created_time, created_by]
columns:
  access_key_id: the access key
  created_time: when it was made
  created_for: the user it was made for, as the event names it
  created_by: the principal that made it
  created_by_root: who was really behind that; null, unknown
  created_by_human: the human behind that; null, not known
*/
select
    event_date,
    access_key_id,
    event_time as created_time,
    target as created_for,
    principal_id as created_by,
    root_principal_id as created_by_root,
    root_human as created_by_human
from permission_changes
where
    is_success
    and event_source = 'iam.amazonaws.com'
    and event_name = 'CreateAccessKey'
    and access_key_id is not null
qualify row_number() over (
    partition by access_key_id, event_date
    order by event_time, event_id, account_id
) = 1
