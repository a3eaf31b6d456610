/*
name: session_chains
grain: one row per session on the day of its first use (session_id, event_date)
description: |
  The chain of issuances behind a session, followed back until it began with something else than
  temporary credentials, or leaves the data.
materialize: daily
lookback: {session_days: 2 days, session_origins: 3 days}
checks:
  unique: [session_id, event_date]
  not_null: [session_id, event_date, path, root_type, confidence_rank]
columns:
  event_date: UTC day of the first use
  session_id: the session
  path: stable principals from the root to the session; none follows itself
  root_type: type of the first of them
  confidence_rank: |
    the least of the steps; 3 certain, also where a user or root calls as itself, 2 likely,
    1 possible, 0 no step
  workload_name: |
    workload that the first role was given to, by its ARN where AWS says it, else the role
    session name that a service gave
  is_undecided: whether the chain stops at a session whose evidence speaks for several callers
  is_cut: whether the chain goes on after ten steps, which are not followed
  candidate_principal_ids: the callers that the evidence of the last step speaks for
  first_event_time: first call of the session
  last_event_time: last call on the day of its first use
*/
with recursive

starts as (
    select
        event_date,
        session_id,
        first_event_time,
        last_event_time
    from session_days
    qualify
        coalesce(
            lag(event_date) over (partition by session_id order by event_date)
            < event_date - interval 2 day,
            true
        )
),

origins as (
    select
        *,
        case
            -- A user's or root's own calls name it, however its credentials were issued to it
            when
                not is_assumed_root
                and principal_type in ('user', 'root', 'identity_center_user')
                and (link = 'none' or issuer_principal_id = principal_id)
                then 3
            when confidence = 'certain' then 3
            when confidence = 'likely' then 2
            when confidence = 'possible' then 1
            else 0
        end as confidence_rank
    from session_origins
),

steps as (
    select
        starts.event_date as start_date,
        starts.session_id as start_session_id,
        starts.first_event_time,
        starts.last_event_time,
        0 as n_steps,
        [origins.principal_id] as path,
        origins.confidence_rank as weakest_rank,
        origins.*
    from starts
    inner join origins using (event_date, session_id)
    union all
    select
        steps.start_date,
        steps.start_session_id,
        steps.first_event_time,
        steps.last_event_time,
        steps.n_steps + 1 as n_steps,
        case
            when steps.path[1] = parents.principal_id then steps.path
            else list_concat([parents.principal_id], steps.path)
        end as path,
        -- A parent without an issuance ends the chain and makes no step less sure
        case
            when parents.link = 'none' then steps.weakest_rank
            else least(steps.weakest_rank, parents.confidence_rank)
        end as weakest_rank,
        parents.*
    from steps
    inner join origins as parents
        on
            steps.issuer_session_id = parents.session_id
            and steps.issuer_session_date = parents.event_date
    where
        steps.n_steps < 10
        and parents.event_date >= steps.start_date - interval 3 day
        and coalesce(steps.issue_time >= parents.issue_time, true)
)

select
    start_date as event_date,
    start_session_id as session_id,
    case
        when coalesce(issuer_principal_id = path[1], true) then path
        else list_concat([issuer_principal_id], path)
    end as path,
    coalesce(issuer_principal_type, principal_type) as root_type,
    weakest_rank as confidence_rank,
    coalesce(workload_arn, case when issuer_principal_type = 'aws_service' then session_name end)
        as workload_name,
    link <> 'none' and issuer_principal_id is null as is_undecided,
    n_steps = 10 and issuer_session_id is not null as is_cut,
    candidate_principal_ids,
    first_event_time,
    last_event_time
from steps
qualify row_number() over (partition by start_date, start_session_id order by n_steps desc) = 1
