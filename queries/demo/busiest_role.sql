/*
name: busiest_role
grain: one row
description: The role through which humans touched most resources.
*/
select regexp_extract(access.principal_id, '[^/]+$') as role_name
from principal_resource_access as access
inner join principal_audit using (principal_id)
where access.principal_type = 'role' and len(principal_audit.humans) > 0
group by access.principal_id
order by count(distinct access.resource_arn) desc, access.principal_id asc
limit 1
