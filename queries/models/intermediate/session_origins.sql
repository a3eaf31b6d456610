/*
name: session_origins
grain: one row per session and day of use (session_id, event_date)
description: |
  The one issuance that each session stems from, with the evidence and how sure it is; none where
  it is not in the data.
materialize: daily
checks:
  unique: [session_id, event_date]
  not_null: [session_id, event_date, principal_id, link, confidence, n_candidates]
  accepted:
    link: [key, principal_and_time, source_identity, name, none]
    confidence: [certain, likely, possible, none]
  rows:
    only_a_key_is_certain: confidence <> 'certain' or link = 'key'
    a_name_is_only_possible: confidence = 'possible' or link <> 'name'
    none_is_none: (link = 'none') = (confidence = 'none')
columns:
  event_date: UTC day of the use
  session_id: the session
  principal_id: stable principal of the session
  principal_type: its type
  session_name: its role session name
  link: the strongest evidence there is
  confidence: certain, likely or possible; none without a link
  n_candidates: issuances that the evidence speaks for
  candidate_principal_ids: their callers
  issue_event_id: the issuance; null where the evidence does not tell one caller from another
  issue_time: when it was called
  issuer_principal_id: who called; null as above
  issuer_principal_type: its type
  issuer_session_id: session that called
  issuer_session_date: day on which that session is in session_days
*/
with

-- Of the strongest evidence only; of calls at near times, one at the very second
strongest as (
    select
        *,
        case issuer_confidence when 'certain' then 3 when 'likely' then 2 else 1 end as caller_rank,
        concat(case when issuer_session_id is null then 'b' else 'a' end, issue_id) as preference
    from session_candidates
    qualify
        rank() over (
            partition by event_date, session_id
            order by link_rank, coalesce(seconds_apart, 0) > 0
        ) = 1
),

-- Where all candidates have one caller, the least of a column is the caller's
origins as (
    select
        event_date,
        session_id,
        min(link_rank) as link_rank,
        count(*) as n_candidates,
        list_sort(array_agg(distinct issuer_principal_id)) as candidate_principal_ids,
        count(distinct issuer_principal_id) = 1
        and count(distinct issuer_session_id) <= 1 as is_one_caller,
        bool_and(is_proof) as is_proved,
        min(caller_rank) as caller_rank,
        arg_min(issue_event_id, preference) as issue_event_id,
        arg_min(issue_time, preference) as issue_time,
        min(issuer_principal_id) as issuer_principal_id,
        min(issuer_principal_type) as issuer_principal_type,
        min(issuer_session_id) as issuer_session_id,
        arg_min(issuer_session_date, preference) as issuer_session_date
    from strongest
    group by event_date, session_id
),

judged as (
    select
        *,
        case link_rank
            when 1 then 'key'
            when 2 then 'principal_and_time'
            when 3 then 'source_identity'
            else 'name'
        end as link,
        case
            when not is_one_caller or link_rank = 4 or (link_rank = 1 and not is_proved) then 1
            when link_rank = 1 and n_candidates = 1 then caller_rank
            else least(caller_rank, 2)
        end as confidence_rank
    from origins
)

select
    days.event_date,
    days.session_id,
    days.principal_id,
    days.principal_type,
    days.session_name,
    coalesce(judged.link, 'none') as link,
    case judged.confidence_rank
        when 3 then 'certain' when 2 then 'likely' when 1 then 'possible' else 'none'
    end as confidence,
    coalesce(judged.n_candidates, 0) as n_candidates,
    judged.candidate_principal_ids,
    case when judged.is_one_caller then judged.issue_event_id end as issue_event_id,
    case when judged.is_one_caller then judged.issue_time end as issue_time,
    case when judged.is_one_caller then judged.issuer_principal_id end as issuer_principal_id,
    case when judged.is_one_caller then judged.issuer_principal_type end as issuer_principal_type,
    case when judged.is_one_caller then judged.issuer_session_id end as issuer_session_id,
    case when judged.is_one_caller then judged.issuer_session_date end as issuer_session_date
from session_days as days
left join judged using (event_date, session_id)
