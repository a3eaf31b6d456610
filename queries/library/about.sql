/*
name: about
topic: resources
grain: one row per resource (resource_arn)
description: What is known of a resource - who made it, changed it, touched and exposed it?
parameters:
  resource: {kind: resource, required: true, example: exports}
columns:
  made_by: the human who made it, else the principal; null, its making was not seen
  changed_by_last: the human of the last change, else the principal
examples:
  - --resource exports
*/
select
    resource_arn,
    created_time,
    coalesce(created_by_human, created_by_root, created_by) as made_by,
    last_changed_time,
    coalesce(last_changed_by_human, last_changed_by_root, last_changed_by) as changed_by_last,
    n_changes,
    n_calls,
    n_denied,
    last_event_time,
    last_touched_by,
    last_exposure,
    last_exposure_time,
    accessed_by,
    changed_by,
    resource_type,
    account_name,
    first_event_time
from resource_audit
where resource_arn in (select unnest($resource))
order by n_calls desc, resource_arn asc
