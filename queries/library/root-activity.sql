/*
name: root-activity
topic: root
grain: one row per call (event_id, account_id)
description: What did root users do, themselves or in sessions that lead back to them?
period: 90d
parameters:
  account: {kind: account}
columns:
  service: the service that was asked
examples:
  - --since 7d
*/
select
    event_time,
    replace(event_source, '.amazonaws.com', '') as service,
    event_name,
    error_code,
    source_ip,
    is_console,
    is_mfa_authenticated,
    account_id,
    account_name,
    principal_id,
    root_human,
    user_agent,
    event_id
from event_actors
where
    event_time >= $since
    and event_time < $until
    and (principal_type = 'root' or root_principal_type = 'root')
    and invoked_by is null
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
