/*
name: coverage_hours
grain: one row per account, region and hour (account_id, region, hour)
description: What is known of each hour of an account and region, silence judged by its own rhythm.
parameters:
  read_from: how far back facts are read; before `starts_at`, so that there is a rhythm to judge by
  starts_at: first hour to tell of
  ends_at: hour to stop before
  accounts: accounts to tell of; null, all
  regions: regions to tell of; null, all
columns:
  account_id: what is longer than 64 bytes, and so no account, is cut; regions too
  n_objects: log objects delivered in the hour; without a delivery time, by their last event
  n_failed: of those, objects that could not be read
  n_late: of those, objects with events older than an hour
  n_unreadable: objects that could not be read and may hold events of the hour
  reasons: states of those objects
  state: events, unreadable, gap, silent
  silent_since: first hour of the stretch with neither events nor unreadable objects it is in
  silent_hours: length of that stretch
  rhythm_hours: 99th percentile of the stretches it is judged by; null, too few hours to judge by
  limit_hours: half as much again; a longer stretch is a gap
  known_until: hour up to which the account and region are known; no hour from then on is judged
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
        tried.state,
        coalesce(tried.account_id, '') as account_id,
        coalesce(tried.region, '') as region,
        tried.first_event_time,
        tried.last_event_time,
        tried.modified,
        tried.log_date
    from ingest_objects as tried
    left join latest on tried.uri = latest.uri
    where
        (latest.uri is null or latest.reading = row(tried.ingested_at, tried.batch_id))
        and tried.kind = 'cloudtrail'
        and not contains(tried.uri, '/CloudTrail-Digest/')
),

named as (
    select
        *,
        case
            when contains(uri, 'AWSLogs/') then split_part(uri, 'AWSLogs/', 1)
            else regexp_replace(uri, '[^/]*$', '')
        end as destination,
        case when starts_with(uri, 's3://') then modified end as stored_at,
        try_strptime(
            nullif(regexp_extract(uri, '_(\d{8}T\d{4})(?:\d\d)?Z[^/]*$', 1), ''), '%Y%m%dT%H%M'
        )::timestamptz as named_at,
        case
            when named_at is null
                then try_strptime(
                    nullif(regexp_extract(uri, '/(\d{4}/\d\d/\d\d)/[^/]*$', 1), ''), '%Y/%m/%d'
                )::timestamptz
        end as named_day
    from newest
    where log_date >= $read_from::date or log_date is null
),

-- the time S3 stored an object is that of its delivery only while nothing says it is a copy
dated as (
    select
        *,
        coalesce(
            named_at,
            case
                when stored_at - coalesce(last_event_time, named_day, stored_at) < interval 2 days
                    then stored_at
            end
        ) as delivered_at
    from named
),

-- an object holds events of the quarter of an hour before its delivery, or of the day it names
objects as (
    select
        account_id,
        region,
        destination,
        state,
        date_trunc('hour', coalesce(delivered_at, last_event_time, named_day)) as hour,
        case
            when state <> 'done'
                then date_trunc('hour', coalesce(delivered_at - interval 15 minutes, named_day))
        end as hole_starts_at,
        case
            when state <> 'done'
                then date_trunc('hour', coalesce(delivered_at, named_day + interval 23 hours))
        end as hole_ends_at,
        count(*) as n_objects,
        count(*) filter (where first_event_time < delivered_at - interval 1 hour) as n_late,
        count(*) filter (
            where
            delivered_at < now()
            and coalesce(last_event_time, delivered_at) >= delivered_at - interval 1 hour
        ) as n_on_time
    from dated
    group by 1, 2, 3, 4, 5, 6, 7
),

-- grouped as they are stored: what is made of the columns is made once an hour, not once an event
counted as (
    select
        recipientaccountid,
        useridentity.accountid as caller_account_id,
        awsregion,
        epoch_us(event_time) // 3600000000 as hour_number,
        count(*) as n_events
    from cloudtrail_logs
    where event_time >= $read_from
    group by 1, 2, 3, 4
),

claimed as (
    select
        coalesce(recipientaccountid, caller_account_id, '') as account_id,
        coalesce(awsregion, '') as region,
        hour_number,
        n_events
    from counted
),

-- a record may claim text of any length, which would be repeated in every hour of its trail
active as (
    select
        case
            when strlen(account_id) > 64 then left(account_id, 32) || '…' else account_id
        end as account_id,
        case when strlen(region) > 64 then left(region, 32) || '…' else region end as region,
        to_timestamp(hour_number * 3600) as hour,
        sum(n_events)::bigint as n_events
    from claimed
    group by 1, 2, 3
),

delivered as (
    select
        account_id,
        region,
        hour,
        sum(n_objects)::bigint as n_objects,
        coalesce(sum(n_objects) filter (where state <> 'done'), 0)::bigint as n_failed,
        sum(n_late)::bigint as n_late
    from objects
    where hour is not null
    group by 1, 2, 3
),

holes as (
    select
        account_id,
        region,
        state,
        n_objects,
        unnest(generate_series(hole_starts_at, hole_ends_at, interval 1 hour)) as hour
    from objects
    where hole_starts_at is not null
),

unreadable as (
    select
        account_id,
        region,
        hour,
        sum(n_objects)::bigint as n_unreadable,
        list_sort(list(distinct state)) as reasons
    from holes
    group by 1, 2, 3
),

-- late deliveries, and one by itself, do not show that all that came before has been delivered
on_time as (
    select distinct
        account_id,
        region,
        destination,
        hour
    from objects
    where
        account_id <> ''
        and region <> ''
        and n_on_time > 0
),

in_turn as (
    select
        *,
        hour - lag(hour) over (partition by account_id, region, destination order by hour) as waited
    from on_time
),

destinations as (
    select
        destination,
        max(hour) as known_until
    from in_turn
    where waited <= interval 24 hours
    group by 1
),

members as (
    select distinct
        account_id,
        region,
        destination
    from objects
),

heard as (
    select
        account_id,
        region,
        hour
    from active
    union
    select
        account_id,
        region,
        hour
    from unreadable
),

seen as (
    select
        account_id,
        region,
        hour
    from heard
    union
    select
        account_id,
        region,
        hour
    from delivered
),

chosen as (
    select *
    from seen
    where
        account_id <> ''
        and region <> ''
        and ($accounts::varchar[] is null or list_contains($accounts::varchar[], account_id))
        and ($regions::varchar[] is null or list_contains($regions::varchar[], region))
),

rhythm as (
    select
        *,
        lag(hour) over trail as last_hour,
        lead(hour) over trail as next_hour,
        min(hour) over (partition by account_id, region) as first_hour,
        count(*) over (trail range between interval 28 days preceding and current row) as n_recent
    from heard
    window trail as (partition by account_id, region order by hour)
),

own as (
    select
        account_id,
        region,
        count(*) filter (where hour < first_hour + interval 28 days) as n_first,
        coalesce(
            max(hour) filter (where hour <= last_hour + interval 24 hours and hour <= now()),
            min(hour)
        ) as known_until
    from rhythm
    group by 1, 2
),

delivered_until as (
    select
        members.account_id,
        members.region,
        max(destinations.known_until) as known_until
    from members
    inner join destinations using (destination)
    group by 1, 2
),

trails as (
    select
        chosen.account_id,
        chosen.region,
        min(chosen.hour) as first_hour,
        any_value(own.n_first) as n_first,
        greatest(
            any_value(own.known_until), any_value(delivered_until.known_until), min(chosen.hour)
        ) as known_until
    from chosen
    left join own using (account_id, region)
    left join delivered_until using (account_id, region)
    group by 1, 2
),

stretches as (
    select
        rhythm.account_id,
        rhythm.region,
        rhythm.n_recent,
        trails.n_first,
        rhythm.hour + interval 1 hour as starts_at,
        least(coalesce(rhythm.next_hour, trails.known_until), trails.known_until) as ends_at,
        rhythm.hour + interval 1 hour < rhythm.first_hour + interval 28 days as is_young
    from rhythm
    inner join trails using (account_id, region)
),

measured as (
    select
        *,
        (epoch(ends_at) - epoch(starts_at))::bigint // 3600 as silent_hours
    from stretches
    where ends_at > starts_at
),

-- a trail in its first 28 days is judged by all of them, an older one by the 28 days before
compared as (
    select
        *,
        quantile_disc(silent_hours, 0.99) over (
            partition by account_id, region, is_young order by starts_at
            rows between unbounded preceding and unbounded following exclude current row
        ) as young_hours,
        quantile_disc(silent_hours, 0.99) over (
            partition by account_id, region order by starts_at
            range between interval 28 days preceding and current row exclude current row
        ) as recent_hours
    from measured
),

judged as (
    select
        account_id,
        region,
        starts_at,
        ends_at,
        silent_hours,
        case
            when is_young and n_first >= 24 then coalesce(young_hours, 0)
            when not is_young and n_recent >= 24 then coalesce(recent_hours, 0)
        end as rhythm_hours
    from compared
),

hours as (
    select
        account_id,
        region,
        unnest(generate_series(
            greatest(first_hour, date_trunc('hour', $starts_at)),
            least(known_until - interval 1 hour, $ends_at - interval 1 microsecond),
            interval 1 hour
        )) as hour
    from trails
    union
    select
        account_id,
        region,
        hour
    from chosen
    where
        hour >= date_trunc('hour', $starts_at)
        and hour < $ends_at
),

told as (
    select
        hours.account_id,
        hours.region,
        hours.hour,
        case
            when hours.hour < judged.ends_at and heard.hour is null then judged  -- noqa: RF02
        end as stretch
    from hours
    left join heard using (account_id, region, hour)
    asof left join judged
        on
            hours.account_id = judged.account_id
            and hours.region = judged.region
            and hours.hour >= judged.starts_at
)

select
    told.account_id,
    told.region,
    told.hour,
    coalesce(delivered.n_objects, 0) as n_objects,
    coalesce(delivered.n_failed, 0) as n_failed,
    coalesce(delivered.n_late, 0) as n_late,
    coalesce(active.n_events, 0) as n_events,
    coalesce(unreadable.n_unreadable, 0) as n_unreadable,
    coalesce(unreadable.reasons, []) as reasons,
    case
        when unreadable.n_unreadable > 0 then 'unreadable'
        when active.n_events > 0 then 'events'
        when told.stretch.silent_hours > told.stretch.rhythm_hours * 1.5 then 'gap'
        else 'silent'
    end as state,
    told.stretch.starts_at as silent_since,
    told.stretch.silent_hours,
    told.stretch.rhythm_hours,
    told.stretch.rhythm_hours * 3 // 2 as limit_hours,
    trails.known_until
from told
inner join trails using (account_id, region)
left join active using (account_id, region, hour)
left join delivered using (account_id, region, hour)
left join unreadable using (account_id, region, hour)
order by 1, 2, 3
