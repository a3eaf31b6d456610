/*
name: deleted
topic: resources
grain: one row per resource and call that deleted it (resource_arn, event_id, account_id)
description: Who deleted it? Objects of S3 only where one is asked for.
period: 30d
parameters:
  resource: {kind: resource, example: exports}
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --since 7d --account production
  - --resource 's3://exports/report.csv'
*/
select
    event_time,
    event_name,
    resource_arn,
    coalesce(root_human, root_principal_id, principal_id) as who,
    root_confidence as sure,
    account_id,
    account_name,
    region,
    is_console,
    approval,
    source_ip,
    principal_id,
    event_id
from resource_history
where
    regexp_matches(
        event_name,
        '^(Delete|Terminate|Remove|Release|Deregister|Destroy|Purge|Schedule[A-Za-z]*Deletion)'
    )
    and is_target is distinct from false
    and event_time >= $since
    and event_time < $until
    and (
        $resource is null and resource_type is distinct from 's3:object'
        or list_contains($resource, resource_arn)
    )
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc, resource_arn asc
