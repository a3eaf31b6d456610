/*
name: approvals-missing
topic: manual against automated changes
grain: one row per call that changes something (event_id, account_id)
description: Which changes by people had no ticket that allows them at that time?
period: 7d
context: [approvals]
parameters:
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  service: the service that was asked
  sure: how sure it is who it was; none, the way back was not found
examples:
  - --account production --since 30d
*/
select
    event_time,
    replace(event_source, '.amazonaws.com', '') as service,
    event_name,
    coalesce(root_human, root_principal_id, principal_id) as who,
    account_id,
    account_name,
    root_confidence as sure,
    is_console,
    region,
    source_ip,
    principal_id,
    event_id
from changes_in_context
where
    approval = 'none'
    and not is_error
    and is_management_event is distinct from false
    and human is distinct from 'not a person'
    and event_time >= $since
    and event_time < $until
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
