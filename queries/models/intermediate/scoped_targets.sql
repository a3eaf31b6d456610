/*
name: scoped_targets
grain: one row per change and area it belongs to (event_date, event_id, account_id, area)
description: What a change is about, with the scopes that this is in.
materialize: view
columns:
  event_id: the event
  event_date: its UTC day
  account_id: the account whose trail has it
  area: permissions, network, logging or exposure
  kind: what kind of change, within the area
  change: what it does, as far as the operation alone tells
  target_type: the type of what is changed, as an IAM resource type; null, an account or service
  target: >
    its name or id, as the event has it; of what a failed call did not make, the one resource that
    it was to be made for; null, the event has none
  target_arn: >
    its ARN, where exactly one of that type was found in the event; a user's or role's as if its
    path were / where it is not known
  scopes: >
    names of the scopes that the account, the target or the target's account is in, sorted;
    empty, none; null, scopes was not given
*/
with

scope_file as (
    select coalesce(bool_or(is_given), false) as is_given
    from context_given
    where name = 'scopes'
),

starred as (
    select
        array_agg(
            cast(
                row(scope, like_pattern) as struct(scope varchar, like_pattern varchar)
            )
        ) as patterns
    from scope_patterns
)

-- noqa: disable=LT09
select
    targets.event_id, targets.event_date, targets.account_id, targets.area, targets.kind,
    targets.change, targets.target_type, targets.target, targets.target_arn,
    -- noqa: enable=LT09
    case
        when scope_file.is_given
            then list_sort(
                list_distinct(
                    list_concat(
                        coalesce(trails.scopes, []),
                        coalesce(owners.scopes, []),
                        coalesce(listed.scopes, []),
                        list_transform(
                            list_filter(
                                coalesce(starred.patterns, []),
                                lambda one: targets.target_arn
                                like one.like_pattern escape '\'  -- noqa: RF01
                            ),
                            lambda one: one.scope  -- noqa: RF01
                        )
                    )
                )
            )
    end as scopes
from change_targets as targets
cross join scope_file
cross join starred
left join scope_accounts as trails on targets.account_id = trails.account_id
left join scope_accounts as owners
    on split_part(targets.target_arn, ':', 5) = owners.account_id
left join scope_arns as listed on targets.target_arn = listed.resource_arn
