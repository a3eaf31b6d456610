/*
name: application-changes
topic: application services
grain: one row per resource and call that changed it (resource_arn, event_id, account_id)
description: Who changed functions, containers, APIs, queues and stacks?
period: 7d
parameters:
  service:
    kind: pattern
    meaning: Only this service, as lambda or ecs
    example: lambda
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
examples:
  - --service lambda
*/
select
    event_time,
    event_name,
    resource_arn,
    coalesce(root_human, root_principal_id, principal_id) as who,
    root_confidence as sure,
    account_id,
    account_name,
    principal_id,
    is_console,
    source_ip,
    automation,
    event_id
from resource_history
where
    split_part(event_source, '.', 1) in (
        'lambda', 'ecs', 'eks', 'ecr', 'apigateway', 'states', 'sqs', 'sns', 'events',
        'cloudformation', 'codebuild', 'codepipeline', 'elasticbeanstalk', 'batch', 'apprunner'
    )
    and is_target is distinct from false
    and event_time >= $since
    and event_time < $until
    and ($service is null or split_part(event_source, '.', 1) like $service escape '\')
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc, resource_arn asc
