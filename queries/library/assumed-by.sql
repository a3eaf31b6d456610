/*
name: assumed-by
topic: AssumeRole and cross-account
grain: one row per person or principal at the beginning and caller (who, caller)
description: Who took on a role, directly or through others?
period: 30d
parameters:
  principal: {kind: principal, required: true, example: OperationsConsole}
columns:
  who: the human behind it; where not known the principal at the chain's beginning
  caller: the principal that took it on, the last before it; null, not known
  n_sessions: sessions so begun
  sure: how sure it is who it was, of the least sure session
  first_event_time: the first call of these sessions
  last_event_time: the last
examples:
  - --principal OperationsConsole
*/
select
    coalesce(root_human, root_principal_id) as who,
    case when len(path) > 1 then path[len(path) - 1] end as caller,
    count(*) as n_sessions,
    max_by(
        confidence,
        case confidence when 'certain' then 1 when 'likely' then 2 when 'possible' then 3 else 4 end
    ) as sure,
    min(first_event_time) as first_event_time,
    max(last_event_time) as last_event_time,
    principal_id
from session_lineage
where
    event_date between $first_day and $last_day
    and principal_id in (select unnest($principal))
group by who, caller, principal_id
order by n_sessions desc, who asc, caller asc, principal_id asc
