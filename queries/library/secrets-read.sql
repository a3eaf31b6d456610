/*
name: secrets-read
topic: secrets and KMS
grain: one row per person or principal and secret (who, secret)
description: Who read which secrets and protected parameters?
period: 7d
parameters:
  principal: {kind: principal}
  secret:
    kind: pattern
    meaning: Only secrets named so; * stands for anything
    example: '*prod*'
  account: {kind: account}
columns:
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  secret: its ARN or name, or the path of parameters, as the calls name it
  n_calls: calls, failed ones too
  n_denied: calls that were denied
  first_event_time: the first of them
  last_event_time: the last
  source_ips: addresses they came from
examples:
  - --secret '*prod*' --since 30d
*/
with

calls as (
    select
        *,
        coalesce(
            request_parameters ->> '$.secretId',
            request_parameters ->> '$.secretIdList',
            request_parameters ->> '$.name',
            request_parameters ->> '$.names',
            request_parameters ->> '$.path'
        ) as secret
    from event_actors
    where
        event_time >= $since
        and event_time < $until
        and (
            event_source = 'secretsmanager.amazonaws.com'
            and event_name in ('GetSecretValue', 'BatchGetSecretValue')
            or event_source = 'ssm.amazonaws.com'
            and event_name in ('GetParameter', 'GetParameters', 'GetParametersByPath')
            and request_parameters ->> '$.withDecryption' = 'true'
        )
)

select
    coalesce(root_human, root_principal_id, principal_id) as who,
    secret,
    count(*) as n_calls,
    count(*) filter (where is_denied) as n_denied,
    max(event_time) as last_event_time,
    min(event_time) as first_event_time,
    account_id,
    max(account_name) as account_name,
    list_sort(array_agg(distinct source_ip) filter (where source_ip is not null)) as source_ips,
    principal_id
from calls
where
    (
        $principal is null
        or list_contains($principal, principal_id)
        or list_contains($principal, root_principal_id)
    )
    and ($secret is null or secret like $secret escape '\')
    and ($account is null or list_contains($account, account_id))
group by who, secret, account_id, principal_id
order by n_calls desc, who asc, secret asc, principal_id asc
