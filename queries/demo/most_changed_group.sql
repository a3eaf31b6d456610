/*
name: most_changed_group
grain: one row
description: The security group that was changed most often.
*/
select regexp_extract(target_arn, '[^/]+$') as group_id
from network_changes
where kind = 'security_group' and is_success and target_arn is not null
group by target_arn
order by count(*) desc, count(distinct root_human) desc, target_arn asc
limit 1
