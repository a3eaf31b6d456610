/*
name: database-changes
topic: databases
grain: one row per resource and call that changed it (resource_arn, event_id, account_id)
description: Who changed databases, their snapshots and settings?
period: 30d
parameters:
  resource: {kind: resource, example: orders}
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --account production
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
    is_created,
    is_console,
    approval,
    source_ip,
    principal_id,
    event_id
from resource_history
where
    split_part(event_source, '.', 1) in (
        'rds', 'rds-data', 'redshift', 'redshift-serverless', 'redshift-data', 'dynamodb',
        'elasticache', 'memorydb', 'docdb', 'docdb-elastic', 'neptune', 'cassandra', 'timestream',
        'dax', 'qldb', 'dsql'
    )
    and event_time >= $since
    and event_time < $until
    and ($resource is null or list_contains($resource, resource_arn))
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc, resource_arn asc
