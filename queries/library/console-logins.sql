/*
name: console-logins
topic: console sign-in
grain: one row per sign-in or switch of role (event_id, account_id)
description: Who signed in to the console, from where, and with what second factor?
period: 7d
parameters:
  principal: {kind: principal}
  account: {kind: account}
columns:
  who: who signed in; the human where known, else a session's name, else the principal
  is_mfa_used: whether a second factor was used; null where AWS cannot know
examples:
  - --since 30d --principal anna
*/
select
    event_time,
    coalesce(
        case when human like '%@%' then human end, session_name, principal_name, principal_id
    ) as who,
    outcome,
    method,
    is_mfa_used,
    source_ip,
    failure_reason,
    account_id,
    account_name,
    region,
    login_to,
    principal_id,
    user_agent,
    event_id
from console_logins
where
    event_time >= $since
    and event_time < $until
    and (
        $principal is null
        or list_contains($principal, principal_id)
        or list_contains($principal, root_principal_id)
    )
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
