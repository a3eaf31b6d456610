/*
name: conflicts_counted
grain: one row
description: How many events were delivered in versions that differ, and in how many versions.
*/
select
    count(distinct (account_id, event_id)) as n_events,
    count(distinct (account_id, event_id, record_hash)) as n_versions
from ingest_conflicts
