/*
name: coverage_trails
grain: one row per account and region (account_id, region)
description: Objects, failures and digests of each account and region, over all time.
parameters:
  accounts: accounts to tell of; null, all
  regions: regions to tell of; null, all
columns:
  account_id: empty where an object's name does not say
  n_digests: CloudTrail digest files met beside the logs; what they prove is not checked here
*/
with

-- most objects were read once: what was read again is found by hash, which keeps it small
repeated as (
    select hash(uri) as uri_hash
    from ingest_objects
    group by 1
    having count(*) > 1
),

latest as (
    select
        tried.uri,
        max(row(tried.ingested_at, tried.batch_id)) as reading
    from ingest_objects as tried
    semi join repeated on hash(tried.uri) = repeated.uri_hash
    group by 1
),

newest as (
    select
        tried.uri,
        coalesce(tried.account_id, '') as account_id,
        coalesce(tried.region, '') as region,
        case
            when contains(tried.uri, '/CloudTrail-Digest/') then 'digest' else tried.kind
        end as kind,
        tried.state,
        tried.first_event_time,
        tried.last_event_time
    from ingest_objects as tried
    left join latest on tried.uri = latest.uri
    where
        (latest.uri is null or latest.reading = row(tried.ingested_at, tried.batch_id))
)

select
    account_id,
    region,
    min(first_event_time) as first_event_time,
    max(last_event_time) as last_event_time,
    count(*) filter (where kind = 'cloudtrail') as n_objects,
    count(*) filter (where kind = 'cloudtrail' and state <> 'done') as n_unreadable,
    count(*) filter (where kind = 'digest') as n_digests
from newest
where
    ($accounts::varchar[] is null or list_contains($accounts::varchar[], account_id))
    and ($regions::varchar[] is null or list_contains($regions::varchar[], region))
group by 1, 2
order by 1, 2
