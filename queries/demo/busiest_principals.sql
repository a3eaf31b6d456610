/*
name: busiest_principals
grain: one row per principal (principal_id)
description: Who did most, and which humans were behind it?
*/
select
    principal_name,
    principal_type as type,
    n_calls as calls,
    n_denied as denied,
    len(services) as services,
    array_to_string(humans[:2], ', ')
    || case when len(humans) > 2 then ' and ' || len(humans) - 2 || ' more' else '' end as humans
from principal_audit
where len(humans) > 0
order by n_calls desc, principal_id asc
limit 8
