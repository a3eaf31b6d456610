/*
name: most_changed_group
grain: one row
description: The security group that was changed most often.
*/
select target as group_id
from network_changes
where kind = 'security_group' and is_success and target like 'sg-%'
group by target
order by count(*) desc, target asc
limit 1
