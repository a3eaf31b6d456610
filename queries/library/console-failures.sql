/*
name: console-failures
topic: console sign-in
grain: one row per account, name and address that failed to sign in
description: Who failed to sign in to the console, how often, and did it succeed afterwards?
period: 30d
parameters:
  least: {kind: number, default: 1, meaning: Fewest failures}
  account: {kind: account}
columns:
  who: the name; where AWS hides what was typed, the principal
  n_failures: failed sign-ins
  first_event_time: the first of them
  last_event_time: the last
  success_time: the first sign-in that succeeded after a failure from there; null, none did
  reasons: what AWS says of them
examples:
  - --least 5
*/
with

logins as (
    select
        *,
        coalesce(principal_name, session_name, principal_id) as who
    from console_logins
    where
        event_time >= $since
        and event_time < $until
        and method <> 'switch_role'
        and ($account is null or list_contains($account, account_id))
),

failures as (
    select
        account_id,
        max(account_name) as account_name,
        who,
        source_ip,
        count(*) as n_failures,
        min(event_time) as first_event_time,
        max(event_time) as last_event_time,
        list_sort(array_agg(distinct failure_reason)) as reasons
    from logins
    where outcome = 'failure'
    group by account_id, who, source_ip
)

select
    failures.who,
    failures.source_ip,
    failures.n_failures,
    failures.first_event_time,
    failures.last_event_time,
    min(logins.event_time) as success_time,
    failures.reasons,
    failures.account_name,
    failures.account_id
from failures
left join logins
    on
        failures.source_ip = logins.source_ip
        and failures.account_id = logins.account_id
        and logins.outcome = 'success'
        and failures.first_event_time < logins.event_time
where failures.n_failures >= $least
group by all
order by failures.n_failures desc, failures.last_event_time desc, failures.who asc
