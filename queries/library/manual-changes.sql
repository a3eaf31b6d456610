/*
name: manual-changes
topic: manual against automated changes
grain: one row per account, service and API operation (account_id, service, event_name)
description: Which changes do people make by hand that should come from automation?
period: 30d
parameters:
  account: {kind: account}
  service: {kind: pattern, meaning: 'Only this service, as ec2', example: ec2}
columns:
  service: the service that was asked
  n_manual: changes in the console, or with a human behind them who is no listed automation
  n_automated: changes by services, workloads and listed automations
  n_unknown: changes of which neither is known
  share_percent: of the changes whose making is known, those by hand
  last_manual_time: the last by hand
  last_manual_by: who made that
examples:
  - --account production
*/
with

judged as (
    select
        *,
        replace(event_source, '.amazonaws.com', '') as service,
        coalesce(root_human, root_principal_id, principal_id) as who,
        case
            when automation not in ('no', 'cannot tell') then 'automated'
            when is_console or root_human is not null then 'manual'
            when human = 'not a person' then 'automated'
            else 'unknown'
        end as how
    from changes_in_context
    where
        event_time >= $since
        and event_time < $until
        and not is_error
        and is_management_event is distinct from false
        and ($account is null or list_contains($account, account_id))
)

select
    service,
    event_name,
    count(*) filter (where how = 'manual') as n_manual,
    count(*) filter (where how = 'automated') as n_automated,
    count(*) filter (where how = 'unknown') as n_unknown,
    round(
        100.0 * count(*) filter (where how = 'manual')
        / nullif(count(*) filter (where how <> 'unknown'), 0), 1
    ) as share_percent,
    max(event_time) filter (where how = 'manual') as last_manual_time,
    arg_max(who, event_time) filter (where how = 'manual') as last_manual_by,
    account_id,
    max(account_name) as account_name
from judged
where $service is null or service like $service escape '\'
group by account_id, service, event_name
having count(*) filter (where how = 'manual') > 0
order by n_manual desc, service asc, event_name asc, account_id asc
