/*
name: credential_callers
grain: one row per issuance whose caller's session is found by role and name (issue_id, event_date)
description: |
  Sessions behind issuances that name no session of the caller: another account's copy, which
  knows the caller's role and session name only, and the console's SwitchRole.
materialize: daily
lookback: {session_days: 1 day}
checks:
  unique: [issue_id, event_date]
  not_null: [issue_id, event_date, principal_id, session_id, session_date, confidence]
  accepted: {confidence: [likely, possible]}
columns:
  event_date: UTC day of the call
  issue_id: as in credential_issues
  principal_id: stable principal of the caller
  session_id: session that called, of several the one that began last before the call
  session_date: day on which that session is in session_days
  confidence: |
    likely where the role's unique id and the session name lead to one session, possible where
    they lead to several or only the names are known
*/
with

sessions as (
    select
        event_date,
        session_id,
        session_name,
        principal_id,
        first_event_time,
        principal_unique_id as caller_key,
        true as is_unique_id
    from session_days
    where session_name is not null and principal_type = 'role'
    union all
    select
        event_date,
        session_id,
        session_name,
        principal_id,
        first_event_time,
        -- A session's ARN, which is all that SwitchRole tells, names the role without its path
        regexp_replace(principal_id, ':role/.*/', ':role/') as caller_key,
        false as is_unique_id
    from session_days
    where session_name is not null and principal_type = 'role'
),

issues as (
    select
        event_date,
        issue_id,
        issue_time,
        issuer_unique_id,
        issuer_session_name
    from credential_issues
    where issuer_session_id is null and issuer_principal_type in ('account', 'role')
),

found as (
    select
        issues.event_date,
        issues.issue_id,
        sessions.principal_id,
        sessions.session_id,
        sessions.event_date as session_date,
        sessions.is_unique_id
        and min(sessions.session_id) over (partition by issues.event_date, issues.issue_id)
        = max(sessions.session_id) over (partition by issues.event_date, issues.issue_id)
            as is_only_one,
        row_number() over (
            partition by issues.event_date, issues.issue_id
            order by sessions.first_event_time desc, sessions.session_id asc
        ) as nth
    from issues
    inner join sessions
        on
            issues.issuer_unique_id = sessions.caller_key
            and issues.issuer_session_name = sessions.session_name
            and issues.issue_time >= sessions.first_event_time
    where sessions.event_date between issues.event_date - interval 1 day and issues.event_date
)

select
    event_date,
    issue_id,
    principal_id,
    session_id,
    session_date,
    case when is_only_one then 'likely' else 'possible' end as confidence
from found
where nth = 1
