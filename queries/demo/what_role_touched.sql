/*
name: what_role_touched
grain: one row per resource (resource_arn)
description: What did this role touch?
*/
select
    resource_type as type,
    resource_arn,
    sum(n_reads) as reads,
    sum(n_writes) as writes,
    sum(n_denied) as denied,
    max(last_event_time) as last
from principal_resource_access
where principal_id = $role_arn
group by resource_type, resource_arn
order by sum(n_calls) desc, resource_arn asc
limit 8
