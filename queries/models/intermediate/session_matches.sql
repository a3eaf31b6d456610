/*
name: session_matches
grain: |
  one row per session, day of use, evidence and issuance
  (session_id, event_date, link_rank, issue_id, issue_date)
description: >
  Which issuances speak for which sessions, by each kind of evidence; weaker ones where no access
  key does.
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

keyed as (
    select
        uses.event_date,
        uses.session_id,
        issues.issue_id,
        issues.event_date as issue_date,
        1 as link_rank
    from uses
    inner join credential_issuers as issues on uses.access_key_id = issues.issued_access_key_id
    where
        issues.event_date between uses.event_date - interval 2 day and uses.event_date
        and issues.issuer_session_id is distinct from uses.session_id
),

seekers as (
    select
        uses.*,
        floor(epoch(uses.session_created_at) / 5) as created_slot,
        coalesce(uses.session_created_at, uses.first_event_time) as latest_time
    from uses
    anti join keyed on uses.event_date = keyed.event_date and uses.session_id = keyed.session_id
),

-- Times within five seconds are in one slot of five seconds or in two that adjoin
slots as (
    select
        clues.*,
        floor(epoch(clues.issue_time) / 5) + beside.n_slots as slot
    from credential_clues as clues
    cross join (values (-1), (0), (1)) as beside (n_slots)
    where clues.link_rank = 2
),

found as (
    select
        seekers.event_date,
        seekers.session_id,
        clues.issue_id,
        clues.event_date as issue_date,
        clues.link_rank,
        clues.issuer_session_id
    from seekers
    inner join slots as clues
        on
            seekers.principal_unique_id = clues.unique_id
            and seekers.session_name is not distinct from clues.session_name
            and seekers.created_slot = clues.slot
    where abs(epoch(clues.issue_time) - epoch(seekers.session_created_at)) <= 5
    union all
    select
        seekers.event_date,
        seekers.session_id,
        clues.issue_id,
        clues.event_date as issue_date,
        clues.link_rank,
        clues.issuer_session_id
    from seekers
    inner join credential_clues as clues on seekers.source_identity = clues.source_identity
    where clues.link_rank = 3 and clues.issue_time <= seekers.latest_time
    union all
    select
        seekers.event_date,
        seekers.session_id,
        clues.issue_id,
        clues.event_date as issue_date,
        clues.link_rank,
        clues.issuer_session_id
    from seekers
    inner join credential_clues as clues
        on
            seekers.principal_unique_id = clues.unique_id
            and seekers.session_name = clues.session_name
    where
        clues.link_rank = 4
        and seekers.session_created_at is null
        and clues.issue_time <= seekers.first_event_time
)

select
    event_date,
    session_id,
    issue_id,
    issue_date,
    link_rank
from keyed
union all
select
    event_date,
    session_id,
    issue_id,
    issue_date,
    link_rank
from found
where
    issue_date between event_date - interval 2 day and event_date
    and issuer_session_id is distinct from session_id
