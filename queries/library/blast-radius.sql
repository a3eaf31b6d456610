/*
name: blast-radius
topic: AssumeRole and cross-account
grain: one row per resource, objects under their bucket (resource_arn)
description: >
  What did a principal reach, itself and through roles, and what else could it reach by taking on
  roles as it and they did?
period: 7d
parameters:
  principal: {kind: principal, required: true, example: anna}
  limit: {kind: number, default: 500, meaning: 'Most resources to show; 0, all'}
columns:
  reach: >
    reached, calls of it succeeded, made itself or in sessions that lead back to it; could, others
    reached it with a role that it took on, or that such a role took on
  hops: roles between it and who reached the resource, at least
  through: who reached it, the nearest
  n_calls: successful calls of who reached it; of could, of all roles within reach
  n_writes: calls of these that do not only read
  last_event_time: the last of them
examples:
  - --principal anna
  - --principal deploy --since 90d
*/
with recursive

steps as (
    select
        session_id,
        path,
        path[step] as caller,
        path[step + 1] as role_arn
    from session_lineage
    cross join unnest(range(1, len(path) + 1)) as each_one (step)
    where event_date between $first_day and $last_day
),

hops as (
    select
        unnest($principal) as principal_id,
        0 as n_hops
    union
    select
        steps.role_arn as principal_id,
        hops.n_hops + 1 as n_hops
    from hops
    inner join steps on hops.principal_id = steps.caller
    where hops.n_hops < 8 and steps.role_arn is not null
),

within_reach as (
    select
        principal_id,
        min(n_hops) as hops
    from hops
    group by principal_id
),

touched as (
    select
        regexp_replace(resources.resource_arn, '^(arn:[^:]*:s3:::[^/]+)/.*$', '\1') as thing,
        true as is_own,
        within_reach.hops,
        calls.principal_id,
        1 as n_calls,
        cast(not calls.is_read_only as integer) as n_writes,
        calls.event_time as last_event_time
    from events as calls
    inner join event_resources as resources using (event_date, event_id, account_id)
    left join within_reach on calls.principal_id = within_reach.principal_id
    where
        calls.is_counted
        and not calls.is_error
        and calls.event_time >= $since
        and calls.event_time < $until
        and resources.event_date between $first_day and $last_day
        and (
            list_contains($principal, calls.principal_id)
            or calls.session_id in (
                select steps.session_id
                from steps
                where list_has_any(steps.path, $principal)
            )
        )
    union all
    select
        regexp_replace(access.resource_arn, '^(arn:[^:]*:s3:::[^/]+)/.*$', '\1') as thing,
        false as is_own,
        within_reach.hops,
        access.principal_id,
        access.n_calls - access.n_errors as n_calls,
        access.n_writes,
        access.last_event_time
    from principal_resource_access as access
    inner join within_reach using (principal_id)
    where
        access.event_date between $first_day and $last_day
        and within_reach.hops > 0
        and access.n_calls > access.n_errors
)

select
    thing as resource_arn,
    case when bool_or(is_own) then 'reached' else 'could' end as reach,
    coalesce(min(hops) filter (where is_own), min(hops), 0) as hops,
    coalesce(
        arg_min(principal_id, hops) filter (where is_own), arg_min(principal_id, hops)
    ) as through,
    cast(coalesce(sum(n_calls) filter (where is_own), sum(n_calls)) as bigint) as n_calls,
    cast(coalesce(sum(n_writes) filter (where is_own), sum(n_writes)) as bigint) as n_writes,
    coalesce(max(last_event_time) filter (where is_own), max(last_event_time)) as last_event_time
from touched
group by thing
order by reach desc, hops asc, n_writes desc, n_calls desc, resource_arn asc
limit $limit
