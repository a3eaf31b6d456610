/*
name: credential_clues
grain: one row per issuance and evidence that leads to it (issue_id, event_date, link_rank)
description: >
  What leads to an issuance where its access key does not. Of many issuances with one clue the first
  of each caller is kept, of the first ten callers: more decide nothing, for two are ambiguous.
materialize: view
checks:
  unique: [issue_id, event_date, link_rank]
columns:
  event_date: UTC day of the issuance
  issue_id: the issuance
  issue_time: when it was called
  issuer_session_id: session that called
  link_rank: the evidence; 2 principal and time, 3 source identity, 4 role and session name
  unique_id: unique id of whom the credentials are for, where the evidence rests on it
  session_name: role session name of the credentials, likewise
  source_identity: source identity of the credentials, likewise
*/
with

issues as (
    select * from credential_issuers
),

clues as (
    select
        *,
        2 as link_rank,
        issued_unique_id as unique_id,
        issued_session_name as session_name,
        null as source_identity,
        issue_time as clue_time
    from issues
    where issued_unique_id is not null
    union all
    select
        *,
        3 as link_rank,
        null as unique_id,
        null as session_name,
        issued_source_identity as source_identity,
        null as clue_time
    from issues
    where issued_source_identity is not null and issuer_source_identity is null
    union all
    select
        *,
        4 as link_rank,
        issued_unique_id as unique_id,
        issued_session_name as session_name,
        null as source_identity,
        null as clue_time
    from issues
    where issued_unique_id is not null and issued_session_name is not null
),

firsts as (
    select *
    from clues
    qualify
        row_number() over (
            partition by
                event_date, link_rank, unique_id, session_name, source_identity, clue_time,
                issuer_principal_id, issuer_session_id, issuer_confidence
            order by issue_time, issue_id
        ) = 1
)

select
    event_date,
    issue_id,
    issue_time,
    issuer_session_id,
    link_rank,
    unique_id,
    session_name,
    source_identity
from firsts
qualify
    row_number() over (
        partition by event_date, link_rank, unique_id, session_name, source_identity, clue_time
        order by issue_time, issue_id
    ) <= 10
