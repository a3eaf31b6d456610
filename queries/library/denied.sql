/*
name: denied
topic: errors and denied calls
grain: one row per principal, action, resource and policy type that denied it
description: Who was denied what, and which kind of policy denied it?
period: 7d
parameters:
  principal: {kind: principal, example: deploy}
  action: {kind: pattern, meaning: 'Only these IAM actions, such as s3:*', example: 's3:*'}
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  action: the IAM action that was denied; of a call that needs none, the API operation
  n_calls: denied calls
  first_event_time: the first of them
  last_event_time: the last
examples:
  - --principal deploy
  - --action 's3:*' --since 1d
*/
select
    coalesce(action, event_name) as action,
    coalesce(root_human, root_principal_id, principal_id) as who,
    count(*) as n_calls,
    max(event_time) as last_event_time,
    resource,
    policy_type,
    principal_id,
    min(event_time) as first_event_time,
    account_id,
    account_name,
    is_explicit_deny,
    denying_policy_arn
from access_denied
where
    event_time >= $since
    and event_time < $until
    and (
        $principal is null
        or list_contains($principal, principal_id)
        or list_contains($principal, root_principal_id)
    )
    and ($action is null or coalesce(action, event_name) like $action escape '\')
    and ($account is null or list_contains($account, account_id))
group by all
order by n_calls desc, last_event_time desc, action asc, who asc, resource asc
