/*
name: scope_accounts
grain: one row per account that is in a scope (account_id)
description: The scopes that each account is in.
materialize: view
checks:
  unique: [account_id]
  not_null: [account_id, scopes]
columns:
  account_id: the account
  scopes: names of the scopes, sorted
*/
select
    account_id,
    list_sort(array_agg(distinct scope)) as scopes
from scopes
where account_id is not null
group by account_id
