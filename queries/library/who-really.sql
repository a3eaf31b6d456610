/*
name: who-really
topic: AssumeRole and cross-account
grain: one row per event and step of the chain of principals behind it (event_id, step)
description: Who was really behind a call, through which roles, and how sure is that?
parameters:
  event: {kind: event, required: true, example: 50b40578}
columns:
  step: 1 is where the chain begins; the last is who made the call
  principal_id: the principal of the step
  human: the human behind the chain's beginning; null of other steps, or not known
  is_caller: whether it made the call
  sure: how sure the chain is; none, the way back was not found
  chain_end: >
    why the chain begins there: identity, service and outside_account by nature; not_in_data,
    ambiguous, too_long; null, it has a single step
  evidence: what ties the last session to who issued it, such as key; null, none
  workload: the instance, function or task that the first role was given to
examples:
  - --event 50b40578
*/
with

calls as (
    select *
    from event_actors
    where
        event_id in (select unnest($event))
        and event_time >= $event_since
        and event_time < $event_until
),

chains as (
    select
        calls.*,
        lineage.chain_end,
        lineage.link,
        lineage.workload,
        coalesce(lineage.path, array[calls.principal_id]) as path
    from calls
    left join session_lineage as lineage
        on
            calls.session_id = lineage.session_id
            and lineage.event_date between calls.event_date - 2 and calls.event_date
    qualify row_number() over (
        partition by calls.event_id, calls.account_id
        order by lineage.event_date desc nulls last
    ) = 1
),

steps as (
    select
        *,
        unnest(range(1, len(path) + 1)) as step
    from chains
)

select
    step,
    path[step] as principal_id,
    case when step = 1 then root_human end as human,
    coalesce(root_confidence, 'none') as sure,
    event_name,
    event_time,
    source_ip,
    step = len(path) as is_caller,
    account_id,
    account_name,
    chain_end,
    link as evidence,
    workload,
    session_name,
    user_agent,
    event_id
from steps
order by event_time asc, event_id asc, account_id asc, step asc
