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
  is_assumed_root: whether it is a root session that AssumeRoot gave out
  session_name: its role session name
  workload_arn: workload that the credentials were issued to, as AWS says
  link: |
    the strongest evidence there is; source_identity too where AWS says for which Identity Center
    user the session calls
  confidence: certain, likely or possible; none without a link
  n_candidates: issuances that the evidence speaks for, as in session_evidence
  candidate_principal_ids: their callers; where there are many, the first ten of a day
  issue_event_id: the issuance; null where the evidence does not tell one caller from another
  issue_time: when it was called
  issuer_principal_id: who called, or for whom the session calls; null as above
  issuer_principal_type: its type
  issuer_session_id: session that called
  issuer_session_date: day on which that session is in session_days
*/
with

days as (
    select
        *,
        on_behalf_of is not null as is_said
    from session_days
),

evidence as (
    select
        *,
        true as is_known
    from session_evidence
)

select
    days.event_date,
    days.session_id,
    days.principal_id,
    days.principal_type,
    days.is_assumed_root,
    days.session_name,
    days.workload_arn,
    case
        when evidence.is_known then evidence.link
        when days.is_said then 'source_identity'
        else 'none'
    end as link,
    case
        when evidence.is_known then evidence.confidence
        when days.is_said then 'likely'
        else 'none'
    end as confidence,
    coalesce(evidence.n_candidates, 0) as n_candidates,
    evidence.candidate_principal_ids,
    evidence.issue_event_id,
    evidence.issue_time,
    case
        when evidence.is_known then evidence.issuer_principal_id
        else days.on_behalf_of
    end as issuer_principal_id,
    case
        when evidence.is_known then evidence.issuer_principal_type
        when days.is_said then 'identity_center_user'
    end as issuer_principal_type,
    evidence.issuer_session_id,
    evidence.issuer_session_date
from days
left join evidence using (event_date, session_id)
