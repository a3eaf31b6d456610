/*
name: who_changed_group
grain: one row per call that changed the security group (event_id, account_id)
description: Who really changed this security group, through what, and how sure is that?
*/
select
    strftime(event_time, '%m-%d') as day,
    change,
    replace(coalesce(root_human, root_principal_id), '@example.com', '') as by_whom,
    regexp_replace(
        regexp_extract(principal_id, '[^/:]+$'), '^AWSReservedSSO_(.+)_[0-9a-f]{16}$', '\1'
    ) as through,
    root_confidence as sure,
    regexp_replace(array_to_string(rules, ', '), 'ingress (tcp )?|from ', '', 'g') as rules
from network_changes
where ends_with(target_arn, '/' || $group_id) and is_success
order by event_time asc, event_id asc
limit 8
