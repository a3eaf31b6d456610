/*
name: sessions-of
topic: principals and keys
grain: one row per session on the day of its first use (session_id, event_date)
description: Which sessions did a principal have, itself or through the roles it took on?
period: 30d
parameters:
  principal: {kind: principal, required: true, example: OperationsConsole}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --principal OperationsConsole
  - --principal anna --since 7d
*/
select
    sessions.first_event_time,
    sessions.last_event_time,
    coalesce(lineage.root_human, lineage.root_principal_id, sessions.principal_id) as who,
    lineage.confidence as sure,
    sessions.principal_id,
    sessions.n_events,
    sessions.n_errors,
    sessions.source_ips,
    sessions.is_console,
    sessions.is_mfa_authenticated,
    sessions.session_name,
    sessions.account_ids,
    lineage.path,
    sessions.session_id
from sessions
left join session_lineage as lineage
    on
        sessions.session_id = lineage.session_id
        and sessions.event_date = lineage.event_date
where
    sessions.first_event_time >= $since
    and sessions.first_event_time < $until
    and (
        list_contains($principal, sessions.principal_id)
        or list_contains($principal, lineage.root_principal_id)
    )
order by sessions.first_event_time desc, sessions.session_id asc
