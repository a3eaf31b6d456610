/*
name: unused-permissions
topic: IAM
grain: one row per IAM action, or pattern of a granted policy (action, state)
description: >
  What may I remove from a principal? What it uses, used long ago or was only denied, and what an
  inline policy granted in the data that it never used.
period: 90d
parameters:
  principal: {kind: principal, required: true, example: deploy}
  days: {kind: number, default: 30, meaning: Days without use after which an action is idle}
columns:
  action: the IAM action, or what a policy grants, such as s3:Get*
  state: >
    never used, granted in the period without any use; only denied; idle, not used for so many
    days; used
  n_calls: calls that needed it, failed ones too
  n_denied: calls of these that were denied
  last_event_time: the last that was not denied; of a grant, when it was given
  days_idle: whole days from then to the end of the period
examples:
  - --principal deploy
  - --principal deploy --days 60 --since 180d
*/
with

used as (
    select
        iam_action as action,
        count(*) as n_calls,
        count(*) filter (where is_denied) as n_denied,
        max(event_time) filter (where not is_denied) as last_event_time
    from events
    where
        is_counted
        and event_time >= $since
        and event_time < $until
        and list_contains($principal, principal_id)
        and iam_action is not null
    group by iam_action
),

statements as (
    select
        event_time,
        unnest(
            coalesce(
                try_cast(try_cast(policy_document as json) -> '$.Statement' as json[]),
                array[try_cast(policy_document as json) -> '$.Statement']
            )
        ) as statement
    from permission_changes
    where
        event_time >= $since
        and event_time < $until
        and is_success
        and kind = 'grant'
        and policy_document is not null
        and list_contains($principal, target_arn)
),

granted as (
    select
        unnest(
            coalesce(
                try_cast(statement -> '$.Action' as json[]), array[statement -> '$.Action']
            )
        ) ->> '$' as action,
        event_time
    from statements
    where (statement ->> '$.Effect') = 'Allow'
),

found as (
    select
        action,
        case
            when last_event_time is null then 'only denied'
            when last_event_time < $until - to_days(cast($days as integer)) then 'idle'
            else 'used'
        end as state,
        n_calls,
        n_denied,
        last_event_time
    from used
    union all
    select
        granted.action,
        'never used' as state,
        0 as n_calls,
        0 as n_denied,
        max(granted.event_time) as last_event_time
    from granted
    anti join used on lower(used.action) like replace(lower(granted.action), '*', '%')
    group by granted.action
)

select
    action,
    state,
    n_calls,
    n_denied,
    last_event_time,
    cast(floor((epoch($until) - epoch(last_event_time)) / 86400) as bigint) as days_idle
from found
order by
    list_position(['never used', 'only denied', 'idle', 'used'], state) asc,
    last_event_time asc,
    action asc
