/*
name: session_evidence
grain: one row per session and day of use with any evidence of its issuance (session_id, event_date)
description: What the strongest evidence says of where a session stems from, and how sure that is.
materialize: view
columns:
  event_date: UTC day of the use
  session_id: the session
  link: the strongest evidence
  confidence: certain, likely or possible
  n_candidates: issuances that it speaks for; of weaker evidence, as credential_clues counts them
  candidate_principal_ids: their callers; where there are many, the first ten of a day
  is_one_caller: whether it is one caller's; what follows is null where not
  issue_event_id: the issuance
  issue_time: when it was called
  issuer_principal_id: who called
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
)

select
    event_date,
    session_id,
    case link_rank
        when 1 then 'key'
        when 2 then 'principal_and_time'
        when 3 then 'source_identity'
        else 'name'
    end as link,
    case
        when not is_one_caller or link_rank = 4 or caller_rank = 1 then 'possible'
        when link_rank = 1 and not is_proved then 'possible'
        when link_rank = 1 and n_candidates = 1 and caller_rank = 3 then 'certain'
        else 'likely'
    end as confidence,
    n_candidates,
    candidate_principal_ids,
    is_one_caller,
    case when is_one_caller then issue_event_id end as issue_event_id,
    case when is_one_caller then issue_time end as issue_time,
    case when is_one_caller then issuer_principal_id end as issuer_principal_id,
    case when is_one_caller then issuer_principal_type end as issuer_principal_type,
    case when is_one_caller then issuer_session_id end as issuer_session_id,
    case when is_one_caller then issuer_session_date end as issuer_session_date
from origins
