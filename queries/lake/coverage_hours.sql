/*
name: coverage_hours
grain: one row per account, region and hour (account_id, region, hour)
description: What is known of each hour of an account and region, silence judged by its own rhythm.
parameters:
  read_from: how far back facts are read; earlier than `from`, so that there is a rhythm to judge by
  from: first hour to tell of
  to: hour to stop before
  newest: time of the newest event of all
  accounts: accounts to tell of; null, all
  regions: regions to tell of; null, all
columns:
  n_objects: log objects delivered in the hour, by the time in their name
  n_failed: of those, objects that could not be read
  n_late: of those, objects with events older than an hour
  n_unreadable: objects that could not be read and may hold events of the hour
  reasons: states of those objects
  state: events, unreadable, gap, silent
  silent_since: first hour of the stretch without an event that the hour is in
  silent_hours: length of that stretch
  limit_hours: longest stretch within the rhythm; null, too few hours with events to judge by
  known_until: hour of the newest event or object; no hour from then on is judged
*/
with

objects as (
    select
        coalesce(account_id, '') as account_id,
        coalesce(region, '') as region,
        state,
        first_event_time,
        coalesce(
            try_strptime(
                nullif(regexp_extract(uri, '_(\d{8}T\d{4})Z_[^/]*$', 1), ''), '%Y%m%dT%H%M'
            )::timestamptz,
            modified,
            first_event_time,
            log_date::timestamptz
        ) as delivered_at
    from ingest_objects
    where
        kind = 'cloudtrail'
        and (log_date >= $read_from::date or log_date is null)
    qualify row_number() over (partition by uri order by ingested_at desc, batch_id desc) = 1
),

known as (
    select
        least(
            date_trunc('hour', greatest(
                $newest,
                (select max(delivered_at) from objects)
            )),
            date_trunc('hour', now())
        ) as known_until
),

active as (
    select
        coalesce(recipientaccountid, useridentity.accountid, '') as account_id,
        coalesce(awsregion, '') as region,
        date_trunc('hour', event_time) as hour,
        count(*) as n_events
    from cloudtrail_logs
    where
        event_time >= $read_from
        and (
            $accounts::varchar[] is null
            or list_contains(
                $accounts::varchar[], coalesce(recipientaccountid, useridentity.accountid, '')
            )
        )
        and (
            $regions::varchar[] is null
            or list_contains($regions::varchar[], coalesce(awsregion, ''))
        )
    group by 1, 2, 3
),

delivered as (
    select
        account_id,
        region,
        date_trunc('hour', delivered_at) as hour,
        count(*) as n_objects,
        count(*) filter (where state <> 'done') as n_failed,
        count(*) filter (where first_event_time < delivered_at - interval 1 hour) as n_late
    from objects
    group by 1, 2, 3
),

-- an object holds the events of up to a quarter of an hour before it was delivered
holes as (
    select
        account_id,
        region,
        date_trunc('hour', delivered_at - to_minutes(minutes)) as hour,
        count(*) as n_unreadable,
        list_sort(list(distinct state)) as reasons
    from objects
    cross join (values (0), (15)) as reach(minutes)
    where
        state <> 'done'
        and (minutes = 0 or extract(minute from delivered_at) < 15)
    group by 1, 2, 3
),

rhythm as (
    select
        *,
        lead(hour) over (partition by account_id, region order by hour) as next_hour,
        min(hour) over (partition by account_id, region) as first_hour,
        count(*) over (
            partition by account_id, region order by hour
            range between interval 28 days preceding and current row
        ) as n_recent
    from active
),

stretches as (
    select
        account_id,
        region,
        first_hour,
        n_recent,
        hour + interval 1 hour as starts_at,
        (epoch(coalesce(next_hour, known_until)) - epoch(hour))::bigint // 3600 - 1 as silent_hours
    from rhythm
    cross join known
    where coalesce(next_hour, known_until) > hour + interval 1 hour
),

-- a trail in its first 28 days is judged by all of them, an older one by the 28 days before
first_days as (
    select
        account_id,
        region,
        count(*) as n_first
    from rhythm
    where hour < first_hour + interval 28 days
    group by 1, 2
),

first_limits as (
    select
        this.account_id,
        this.region,
        this.starts_at,
        quantile_disc(other.silent_hours, 0.99) as limit_hours
    from stretches as this
    inner join stretches as other
        on
            this.account_id = other.account_id
            and this.region = other.region
            and this.starts_at <> other.starts_at
    where
        this.starts_at < this.first_hour + interval 28 days
        and other.starts_at < other.first_hour + interval 28 days
    group by 1, 2, 3
),

recent_limits as (
    select
        *,
        quantile_disc(silent_hours, 0.99) over (
            partition by account_id, region order by starts_at
            range between interval 28 days preceding and current row exclude current row
        ) as recent_limit
    from stretches
),

judged as (
    select
        stretch.account_id,
        stretch.region,
        stretch.starts_at,
        stretch.silent_hours,
        case
            when stretch.starts_at < stretch.first_hour + interval 28 days
                then
                    case
                        when first_days.n_first >= 24 then coalesce(first_limits.limit_hours, 0)
                    end
            when stretch.n_recent >= 24 then coalesce(stretch.recent_limit, 0)
        end as limit_hours
    from recent_limits as stretch
    left join first_days using (account_id, region)
    left join first_limits using (account_id, region, starts_at)
),

seen as (
    select account_id, region, hour from active
    union
    select account_id, region, hour from delivered
    union
    select account_id, region, hour from holes
),

trails as (
    select
        account_id,
        region,
        min(hour) as first_hour
    from seen
    where
        account_id <> ''
        and region <> ''
        and ($accounts::varchar[] is null or list_contains($accounts::varchar[], account_id))
        and ($regions::varchar[] is null or list_contains($regions::varchar[], region))
    group by 1, 2
),

hours as (
    select
        account_id,
        region,
        unnest(generate_series(
            greatest(first_hour, date_trunc('hour', $from)),
            least(known_until, $to - interval 1 microsecond),
            interval 1 hour
        )) as hour
    from trails
    cross join known
)

select
    hours.account_id,
    hours.region,
    hours.hour,
    coalesce(delivered.n_objects, 0) as n_objects,
    coalesce(delivered.n_failed, 0) as n_failed,
    coalesce(delivered.n_late, 0) as n_late,
    coalesce(active.n_events, 0) as n_events,
    coalesce(holes.n_unreadable, 0) as n_unreadable,
    coalesce(holes.reasons, []) as reasons,
    case
        when holes.n_unreadable > 0 then 'unreadable'
        when active.n_events > 0 then 'events'
        when judged.silent_hours > judged.limit_hours then 'gap'
        else 'silent'
    end as state,
    case when active.n_events is null then judged.starts_at end as silent_since,
    case when active.n_events is null then judged.silent_hours end as silent_hours,
    case when active.n_events is null then judged.limit_hours end as limit_hours,
    known.known_until
from hours
cross join known
left join active using (account_id, region, hour)
left join delivered using (account_id, region, hour)
left join holes using (account_id, region, hour)
asof left join judged
    on
        hours.account_id = judged.account_id
        and hours.region = judged.region
        and hours.hour >= judged.starts_at
where
    hours.hour < known.known_until
    or active.n_events > 0
    or delivered.n_objects > 0
    or holes.n_unreadable > 0
order by 1, 2, 3
