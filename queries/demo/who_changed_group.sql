/*
name: who_changed_group
grain: one row per call that changed the security group (event_id, account_id)
description: Who changed this security group, and who was really behind it?
*/
select
    event_time,
    event_name,
    regexp_extract(principal_id, '[^/:]+$') as principal,
    coalesce(root_human, root_principal_id) as behind_it,
    link_confidence as confidence,
    array_to_string(rules, ', ') as rules
from network_changes
where target = $group_id and is_success
order by event_time asc, event_id asc
limit 8
