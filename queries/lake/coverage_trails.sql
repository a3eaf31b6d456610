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

newest as (
    select
        coalesce(account_id, '') as account_id,
        coalesce(region, '') as region,
        case when contains(uri, '/CloudTrail-Digest/') then 'digest' else kind end as kind,
        state,
        rows_added,
        first_event_time,
        last_event_time
    from ingest_objects
    where
        (
            $accounts::varchar[] is null
            or list_contains($accounts::varchar[], coalesce(account_id, ''))
        )
        and (
            $regions::varchar[] is null
            or list_contains($regions::varchar[], coalesce(region, ''))
        )
    qualify row_number() over (partition by uri order by ingested_at desc, batch_id desc) = 1
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
group by 1, 2
order by 1, 2
