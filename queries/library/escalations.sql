/*
name: escalations
topic: IAM
grain: one row per call (event_id, account_id)
description: Which changes of permissions can give someone more power than they had?
period: 30d
parameters:
  account: {kind: account}
columns:
  policy: the managed policy, or the name of the inline one
  why: what makes it an escalation
  who: the human behind it; where not known the principal at the chain's beginning, else its own
  sure: how sure that is; none, the way back was not found
  is_own: whether it changes the principal that made the call, or who is behind it
examples:
  - --since 7d
*/
with

changes as (
    select
        *,
        coalesce(target_arn in (principal_id, root_principal_id), false) as is_own,
        regexp_matches(
            coalesce(policy_arn, ''), '(Administrator|PowerUser|IAMFull)Access$'
        ) as is_managed_admin,
        regexp_matches(
            coalesce(policy_document, ''), '"Action"\s*:\s*(\[[^\]]*)?"(\*|iam:\*|sts:\*)"'
        ) as is_wide
    from permission_changes
    where
        event_time >= $since
        and event_time < $until
        and ($account is null or list_contains($account, account_id))
),

judged as (
    select
        *,
        case
            when kind in ('grant', 'policy') and is_managed_admin then 'gives administrator rights'
            when kind in ('grant', 'policy') and is_wide then 'allows everything, or all of IAM'
            when kind = 'grant' and change <> 'removed' and is_own then 'gives something to itself'
            when kind = 'trust' and is_own then 'changes who may become it'
            when kind = 'boundary' and change = 'removed' then 'removes a boundary'
            when
                event_name in ('CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile')
                and not is_own and target_arn is not null
                then 'makes credentials of another'
            when event_name in ('SetDefaultPolicyVersion', 'CreatePolicyVersion')
                then 'puts another version of a policy in force'
        end as why
    from changes
)

select
    event_time,
    event_name,
    target,
    coalesce(root_human, root_principal_id, principal_id) as who,
    why,
    is_success,
    is_own,
    coalesce(policy_arn, policy_name) as policy,
    root_confidence as sure,
    account_id,
    account_name,
    approval,
    source_ip,
    principal_id,
    event_id
from judged
where why is not null
order by event_time desc, event_id asc
