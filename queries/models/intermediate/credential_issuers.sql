/*
name: credential_issuers
grain: one row per issuance of credentials and day (issue_id, event_date)
description: Issuances with the caller's session, also where it is found by role, name or token.
materialize: daily
lookback: {credential_issues: 1 day}
checks:
  unique: [issue_id, event_date]
  not_null: [issue_id, event_date, issue_event_id, issuer_principal_id, issuer_confidence]
  accepted: {issuer_confidence: [certain, likely, possible]}
columns:
  event_date: UTC day of the call
  issue_id: as in credential_issues
  issue_event_id: eventID of the copy that tells most about the caller
  issue_time: when it was called
  event_name: the call
  issued_access_key_id: access key id that was issued
  issued_unique_id: unique id of whom the credentials are for
  issued_session_name: role session name of the credentials
  issued_source_identity: source identity that the credentials carry
  issuer_principal_id: |
    stable principal of the caller; of a call with a web identity token that our own data saw
    given out, of who asked for the token
  issuer_principal_type: its type
  issuer_session_id: session that called
  issuer_session_date: day on which that session is in session_days
  issuer_source_identity: source identity of the caller's own session
  issuer_confidence: |
    certain where the event names the caller, likely or possible where credential_callers found
    its session, likely where a token leads to it
*/
with

issues as (
    select * from credential_issues
),

tokens as (
    select
        uses.event_date,
        uses.issue_id,
        min(issues.event_date) as session_date,
        min(issues.issuer_principal_id) as principal_id,
        min(issues.issuer_principal_type) as principal_type,
        min(issues.issuer_session_id) as session_id
    from issues as uses
    inner join issues on uses.used_token_id = issues.issued_token_id
    where issues.event_date between uses.event_date - interval 1 day and uses.event_date
    group by uses.event_date, uses.issue_id
    having count(*) = 1
),

callers as (
    select * from credential_callers
)

select
    issues.event_date,
    issues.issue_id,
    issues.issue_event_id,
    issues.issue_time,
    issues.event_name,
    issues.issued_access_key_id,
    issues.issued_unique_id,
    issues.issued_session_name,
    issues.issued_source_identity,
    coalesce(tokens.principal_id, callers.principal_id, issues.issuer_principal_id)
        as issuer_principal_id,
    case
        when tokens.principal_id is not null then tokens.principal_type
        when callers.principal_id is not null then 'role'
        else issues.issuer_principal_type
    end as issuer_principal_type,
    case
        when tokens.principal_id is not null then tokens.session_id
        else coalesce(issues.issuer_session_id, callers.session_id)
    end as issuer_session_id,
    coalesce(tokens.session_date, callers.session_date, issues.event_date) as issuer_session_date,
    issues.issuer_source_identity,
    case
        when tokens.principal_id is not null then 'likely'
        else coalesce(callers.confidence, 'certain')
    end as issuer_confidence
from issues
left join tokens using (event_date, issue_id)
left join callers using (event_date, issue_id)
