/*
name: keys-created
topic: IAM
grain: one row per call (event_id, account_id)
description: Who made access keys, passwords and other credentials, and for whom?
period: 30d
parameters:
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
  last_used_time: the key's last use in the lake; null, none, or no access key
examples:
  - --since 7d
*/
with

uses as (
    select
        access_key_id,
        max(last_event_time) as last_used_time
    from key_days
    group by access_key_id
)

select
    changes.event_time,
    changes.event_name,
    changes.target,
    changes.access_key_id,
    coalesce(changes.root_human, changes.root_principal_id, changes.principal_id) as who,
    uses.last_used_time,
    changes.root_confidence as sure,
    changes.account_id,
    changes.account_name,
    changes.approval,
    changes.source_ip,
    changes.is_console,
    changes.principal_id,
    changes.event_id
from permission_changes as changes
left join uses using (access_key_id)
where
    changes.kind = 'credential'
    and changes.change = 'added'
    and changes.is_success
    and changes.event_time >= $since
    and changes.event_time < $until
    and ($account is null or list_contains($account, changes.account_id))
order by changes.event_time desc, changes.event_id asc
