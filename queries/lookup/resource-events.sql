/*
name: resource-events
grain: one row per event (event_id, event_time)
description: The newest events that name a resource, or an object of it.
*/
select distinct
    event_id,
    event_time
from event_resources
where
    event_time >= $since
    and event_time < $until
    and (
        list_contains($resource, resource_arn)
        or resource_type = 's3:object'
        and list_contains($resource, regexp_extract(resource_arn, '^arn:[^:]*:s3:::[^/]+'))
    )
    and ($account is null or list_contains($account, account_id))
order by event_time desc, event_id asc
limit $limit
