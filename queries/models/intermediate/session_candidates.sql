/*
name: session_candidates
grain: |
  one row per session, day of use, evidence and issuance
  (session_id, event_date, link_rank, issue_id, issue_date)
description: |
  Issuances that a session's use on a day may stem from, by each kind of evidence; those without
  the session's access key only where none has it, and at most ten a day by each clue.
materialize: daily
lookback: {credential_issuers: 2 days}
checks:
  unique: [session_id, event_date, link_rank, issue_id, issue_date]
  accepted: {link_rank: [1, 2, 3, 4]}
columns:
  event_date: UTC day of the use
  session_id: the session
  link_rank: |
    the evidence; 1 the same access key, 2 principal and time, 3 source identity, 4 role and
    session name
  issue_id: the issuance
  issue_date: its day
  seconds_apart: seconds between the call and the session's creation, where the evidence is the time
  is_proof: whether the key was issued, to this very principal, before it was used
  issue_event_id: its event
  issue_time: when it was called
  issuer_principal_id: who called
  issuer_principal_type: its type
  issuer_session_id: session that called
  issuer_session_date: day on which that session is in session_days
  issuer_confidence: how sure the caller is
*/
with

uses as (
    select * from session_days
),

issues as (
    select
        *,
        event_date as issue_date
    from credential_issuers
),

matches as (
    select * from session_matches
)

select
    matches.event_date,
    matches.session_id,
    matches.link_rank,
    matches.issue_id,
    matches.issue_date,
    case
        when matches.link_rank = 2
            then abs(epoch(issues.issue_time) - epoch(uses.session_created_at))
    end as seconds_apart,
    issues.issued_access_key_id = uses.access_key_id
    and issues.issue_time <= uses.first_event_time
    and coalesce(issues.issued_unique_id = uses.principal_unique_id, true)
    and coalesce(issues.issued_session_name = uses.session_name, true) as is_proof,
    issues.issue_event_id,
    issues.issue_time,
    issues.issuer_principal_id,
    issues.issuer_principal_type,
    issues.issuer_session_id,
    issues.issuer_session_date,
    issues.issuer_confidence
from matches
inner join uses using (event_date, session_id)
inner join issues using (issue_id, issue_date)
