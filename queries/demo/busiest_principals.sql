/*
name: busiest_principals
grain: one row per principal (principal_id)
description: Which principals were busiest with humans behind them, and who were these?
*/
select
    regexp_replace(
        principal_audit.principal_name, '^AWSReservedSSO_(.+)_[0-9a-f]{16}$', 'SSO \1'
    ) as principal,
    coalesce(accounts.account_name, principal_audit.principal_account_id) as account,
    principal_audit.n_calls as calls,
    principal_audit.n_denied as denied,
    replace(array_to_string(principal_audit.humans, ', '), '@example.com', '') as humans
from principal_audit
left join accounts on principal_audit.principal_account_id = accounts.account_id
where len(principal_audit.humans) > 0
order by principal_audit.n_calls desc, principal_audit.principal_id asc
limit 8
