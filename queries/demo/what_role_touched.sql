/*
name: what_role_touched
grain: one row per resource (resource_arn)
description: What did this role touch most?
*/
select
    resource_type as type,
    split_part(resource_arn, ':', 4) as region,
    regexp_extract(resource_arn, '^([^:]*:){5}(.*)$', 2) as resource,
    cast(sum(n_reads) as bigint) as reads,
    cast(sum(n_writes) as bigint) as writes,
    cast(sum(n_denied) as bigint) as denied,
    strftime(max(last_event_time), '%m-%d') as last
from principal_resource_access
where principal_id = $role_arn
group by resource_type, resource_arn
order by sum(n_calls) desc, resource_arn asc
limit 8
