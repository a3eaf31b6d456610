/*
name: no-mfa
topic: console sign-in
grain: one row per principal (principal_id)
description: Who signs in to the console without a second factor?
period: 90d
parameters:
  account: {kind: account}
columns:
  n_without: sign-ins that succeeded without a second factor
  n_with: sign-ins that succeeded with one
  last_without_time: the last without
  source_ips: addresses these came from
examples:
  - --account production
*/
select
    principal_id,
    count(*) filter (where not is_mfa_used) as n_without,
    count(*) filter (where is_mfa_used) as n_with,
    max(event_time) filter (where not is_mfa_used) as last_without_time,
    list_sort(array_agg(distinct source_ip) filter (where not is_mfa_used)) as source_ips,
    account_id,
    max(account_name) as account_name
from console_logins
where
    event_time >= $since
    and event_time < $until
    and outcome = 'success'
    and is_mfa_used is not null
    and ($account is null or list_contains($account, account_id))
group by principal_id, account_id
having count(*) filter (where not is_mfa_used) > 0
order by n_without desc, principal_id asc
