/*
name: object
grain: one row per S3 object that a value may stand for (found)
description: Objects whose bucket and key are like a pattern; these are not among the resources.
*/
select distinct
    resource_arn as found,
    2 as rank,
    1 as likeness
from event_resources
where
    resource_type = 's3:object'
    and (
        resource_arn like $pattern escape '\'
        or regexp_extract(resource_arn, '^arn:[^:]*:s3:::(.+)$', 1) like $pattern escape '\'
    )
order by found asc
limit $most
