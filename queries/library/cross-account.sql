/*
name: cross-account
topic: AssumeRole and cross-account
grain: one row per principal that takes on a role of another account (caller, principal_id)
description: Who takes on roles in another account than its own?
period: 30d
parameters:
  account: {kind: account}
columns:
  caller: who took it on; account:… where AWS tells no more of an account outside
  caller_account_id: the caller's account
  principal_id: the role
  account_id: the role's account
  account_name: its name, where known
  is_outside: whether the caller's account has no trail in the lake
  n_sessions: sessions so begun
  humans: the humans behind them, where known
  last_event_time: the last call of these sessions
examples:
  - --account production
*/
with

callers as (
    select
        *,
        coalesce(path[len(path) - 1], root_principal_id) as caller,
        split_part(principal_id, ':', 5) as account_id
    from session_lineage
    where event_date between $first_day and $last_day
),

crossings as (
    select
        *,
        case
            when caller like 'account:%' then split_part(caller, ':', 2)
            when caller like 'arn:%' then nullif(split_part(caller, ':', 5), '')
        end as caller_account_id
    from callers
),

counted as (
    select
        caller,
        principal_id,
        caller_account_id,
        account_id,
        count(*) as n_sessions,
        list_sort(array_agg(distinct root_human) filter (where root_human is not null)) as humans,
        max(last_event_time) as last_event_time
    from crossings
    where caller_account_id <> account_id
    group by caller, principal_id, caller_account_id, account_id
),

ours as (
    select
        account_id,
        max(account_name) as account_name
    from daily_activity
    where account_id is not null
    group by account_id
)

select
    counted.caller,
    counted.principal_id,
    counted.account_id,
    ours.account_name,
    counted.humans,
    counted.n_sessions,
    theirs.account_id is null as is_outside,
    counted.last_event_time,
    counted.caller_account_id
from counted
left join ours on counted.account_id = ours.account_id
left join ours as theirs on counted.caller_account_id = theirs.account_id
where
    $account is null
    or list_contains($account, counted.account_id)
    or list_contains($account, counted.caller_account_id)
order by is_outside desc, counted.n_sessions desc, counted.caller asc, counted.principal_id asc
