/*
name: objects_failed
grain: one row per state and kind of object (state, kind)
description: Objects whose newest reading did not end well, with one of them as an example.
*/
with

ever_failed as (
    select distinct uri
    from ingest_objects
    where state <> 'done'
),

newest as (
    select
        tried.uri,
        tried.kind,
        tried.state,
        tried.reason,
        tried.size_bytes,
        tried.ingested_at
    from ingest_objects as tried
    semi join ever_failed on tried.uri = ever_failed.uri
    qualify
        row_number() over (
            partition by tried.uri order by tried.ingested_at desc, tried.batch_id desc
        ) = 1
)

select
    state,
    kind,
    count(*) as n_objects,
    sum(size_bytes) as n_bytes,
    max(ingested_at) as last_tried_at,
    arg_max(uri, ingested_at) as example_uri,
    arg_max(reason, ingested_at) as example_reason
from newest
where state <> 'done'
group by 1, 2
order by 3 desc, 1, 2
