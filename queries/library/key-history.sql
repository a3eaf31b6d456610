/*
name: key-history
topic: principals and keys
grain: one row per day of use, or change, of an access key (access_key_id, event_time, what)
description: What became of an access key, from its making over its use to its end?
period: all
parameters:
  key: {kind: key, example: AKIAIOSFODNN7EXAMPLE}
  principal: {kind: principal, example: deploy}
columns:
  event_time: when it was changed; of use, the first of the day
  what: used, or the API operation that changed the key
  access_key_id: the key
  who: whose key was used; of a change, who made it, the human where known
  n_calls: calls that it signed that day; null of a change
  n_errors: calls of these that failed
  last_event_time: the last use of the day
examples:
  - --key AKIAIOSFODNN7EXAMPLE
  - --principal deploy
*/
with

uses as (
    select
        first_event_time as event_time,
        'used' as what,
        access_key_id,
        principal_id as who,
        n_calls,
        n_errors,
        source_ips,
        regions,
        services,
        last_event_time,
        principal_id
    from credential_usage
    where event_date between $first_day and $last_day
),

changes as (
    select
        event_time,
        event_name || case when is_success then '' else ' (failed)' end as what,
        access_key_id,
        coalesce(root_human, root_principal_id, principal_id) as who,
        cast(null as bigint) as n_calls,
        cast(null as bigint) as n_errors,
        case when source_ip is not null then array[source_ip] end as source_ips,
        array[region] as regions,
        array['iam'] as services,
        cast(null as timestamptz) as last_event_time,
        target_arn as principal_id
    from permission_changes
    where
        event_time >= $since
        and event_time < $until
        and access_key_id is not null
),

history as (
    select * from uses
    union all
    select * from changes
)

select
    event_time,
    what,
    access_key_id,
    who,
    n_calls,
    source_ips,
    n_errors,
    regions,
    services,
    last_event_time
from history
where
    ($key is null or list_contains($key, access_key_id))
    and ($principal is null or list_contains($principal, principal_id))
order by access_key_id asc, event_time asc, what asc
