/*
name: conflicts_counted
grain: one row
description: How many events were delivered in versions that differ, and in how many versions.
*/
with

versions as (
    select distinct
        account_id,
        event_id,
        record_hash
    from ingest_conflicts
),

events as (
    select distinct
        account_id,
        event_id
    from versions
)

select
    (select count(*) from events) as n_events,
    (select count(*) from versions) as n_versions
