/*
name: what_role_touched
grain: one row per resource (resource_arn)
description: What did this role touch most?
*/
select
    split_part(resource_type, ':', 1) as service,
    split_part(resource_arn, ':', 4) as region,
    regexp_replace(
        regexp_extract(resource_arn, '^([^:]*:){5}(.*)$', 2), '^..+(.{26})$', '…\1'
    ) as resource,
    cast(sum(n_reads) as bigint) as reads,
    cast(sum(n_writes) as bigint) as writes,
    cast(sum(n_denied) as bigint) as denied,
    strftime(max(last_event_time), '%m-%d') as last
from principal_resource_access
where ends_with(principal_id, '/' || $role_name)
group by resource_type, resource_arn
order by sum(n_calls) desc, resource_arn asc
limit 8
