/*
name: identity-center-access
topic: Identity Center
grain: one row per person, permission set and account (who, permission_set, account_id)
description: Who used which permission set in which account?
period: 30d
parameters:
  principal: {kind: principal}
  account: {kind: account}
columns:
  account_name: its name, where known
  who: the human, else the name of the session, which Identity Center sets to the user's
  permission_set: the permission set
  n_sessions: sessions
  n_events: calls of these sessions
  n_denied: calls that were denied
  first_event_time: the first call
  last_event_time: the last
  account_id: the account
examples:
  - --account production --since 7d
*/
select
    coalesce(lineage.root_human, sessions.session_name, sessions.principal_id) as who,
    regexp_extract(sessions.principal_id, 'AWSReservedSSO_(.+)_[0-9a-f]{16}$', 1)
        as permission_set,
    count(*) as n_sessions,
    cast(sum(sessions.n_events) as bigint) as n_events,
    cast(sum(sessions.n_denied) as bigint) as n_denied,
    max(sessions.last_event_time) as last_event_time,
    min(sessions.first_event_time) as first_event_time,
    split_part(sessions.principal_id, ':', 5) as account_id,
    max(accounts.account_name) as account_name
from sessions
left join session_lineage as lineage using (session_id, event_date)
left join accounts on split_part(sessions.principal_id, ':', 5) = accounts.account_id
where
    sessions.event_date between $first_day and $last_day
    and sessions.principal_id like '%/AWSReservedSSO\_%' escape '\'
    and (
        $principal is null
        or list_contains($principal, sessions.principal_id)
        or list_contains($principal, lineage.root_principal_id)
    )
    and ($account is null or list_contains($account, split_part(sessions.principal_id, ':', 5)))
group by who, permission_set, split_part(sessions.principal_id, ':', 5)
order by n_events desc, who asc, permission_set asc, account_id asc
