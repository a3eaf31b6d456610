/*
name: quarantine_reasons
grain: one row per reason and state (reason, state)
description: What is in quarantine, by the reason why it could not become an event.
*/
with

newest as (
    select
        quarantine_id,
        reason,
        state,
        size_bytes,
        quarantined_at
    from ingest_quarantine
    qualify row_number() over (
        partition by quarantine_id order by quarantined_at desc, batch_id desc
    ) = 1
)

select
    reason,
    state,
    count(*) as n_records,
    sum(size_bytes) as n_bytes,
    max(quarantined_at) as last_seen_at
from newest
group by 1, 2
order by 3 desc, 1, 2
