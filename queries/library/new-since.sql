/*
name: new-since
topic: volume
grain: one row per thing that is new (kind, value)
description: What was seen for the first time? Principals, actions, resources, regions, keys.
period: 1d
parameters:
  kind:
    kind: choice
    choices: [all, principal, action, resource, region, service, key]
    default: all
    meaning: Only new things of this kind
    example: principal
  account: {kind: account}
columns:
  kind: >
    principal, key, region or service (of an account), action, or resource (made in the period; log
    streams are left out)
  value: what it is
  first_event_time: when it was first seen; of a region or service the day
  who: who was first
  account_id: the account, where it has one
examples:
  - --since 7d
  - --since 2026-03-01 --kind principal
*/
with

days as (
    select
        account_id,
        case when grouping(region) = 0 then 'region' else 'service' end as kind,
        coalesce(region, service) as value,
        cast(min(event_date) as timestamptz) as first_event_time
    from daily_activity
    group by grouping sets ((account_id, region), (account_id, service))
),

seen as (
    select
        'principal' as kind,
        principal_id as value,
        first_event_time,
        array_to_string(humans, ', ') as who,
        principal_account_id as account_id
    from principal_audit
    union all
    select
        'action' as kind,
        action as value,
        first_event_time,
        first_principal_id as who,
        null as account_id
    from action_audit
    union all
    select
        'resource' as kind,
        resource_arn as value,
        created_time as first_event_time,
        coalesce(created_by_human, created_by) as who,
        resource_account_id as account_id
    from resource_audit
    where resource_type is distinct from 'logs:log-stream'
    union all
    select
        kind,
        value,
        first_event_time,
        null as who,
        account_id
    from days
    union all
    select
        'key' as kind,
        access_key_id as value,
        min(first_event_time) as first_event_time,
        arg_min(principal_id, first_event_time) as who,
        arg_min(account_id, first_event_time) as account_id
    from key_days
    group by access_key_id
)

select
    kind,
    value,
    first_event_time,
    who,
    account_id
from seen
where
    first_event_time < $until
    and first_event_time >= case
        when kind in ('region', 'service') then cast($first_day as timestamptz)
        else $since
    end
    and $kind in ('all', kind)
    and ($account is null or list_contains($account, account_id))
order by
    list_position(['principal', 'key', 'region', 'service', 'action', 'resource'], kind) asc,
    first_event_time desc,
    value asc
