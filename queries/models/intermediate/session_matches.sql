/*
name: session_matches
grain: |
  one row per session, day of use, evidence and issuance
  (session_id, event_date, link_rank, issue_id, issue_date)
description: Which issuances speak for which sessions, by each kind of evidence.
materialize: view
columns:
  event_date: UTC day of the use
  session_id: the session
  issue_id: the issuance
  issue_date: its day
  link_rank: |
    the evidence; 1 the same access key, 2 principal and time, 3 source identity, 4 role and
    session name
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
)

select
    uses.event_date,
    uses.session_id,
    issues.issue_id,
    issues.issue_date,
    1 as link_rank
from uses
inner join issues on uses.access_key_id = issues.issued_access_key_id
union all
select
    uses.event_date,
    uses.session_id,
    issues.issue_id,
    issues.issue_date,
    2 as link_rank
from uses
inner join issues
    on
        uses.principal_unique_id = issues.issued_unique_id
        and uses.session_name is not distinct from issues.issued_session_name
where abs(epoch(issues.issue_time) - epoch(uses.session_created_at)) <= 5
union all
select
    uses.event_date,
    uses.session_id,
    issues.issue_id,
    issues.issue_date,
    3 as link_rank
from uses
inner join issues on uses.source_identity = issues.issued_source_identity
where
    issues.issuer_source_identity is null
    and issues.issue_time <= coalesce(uses.session_created_at, uses.first_event_time)
union all
select
    uses.event_date,
    uses.session_id,
    issues.issue_id,
    issues.issue_date,
    4 as link_rank
from uses
inner join issues
    on
        uses.principal_unique_id = issues.issued_unique_id
        and uses.session_name = issues.issued_session_name
where uses.session_created_at is null and issues.issue_time <= uses.first_event_time
